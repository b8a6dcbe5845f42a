internal import Fleet
internal import Forms
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Store

/// Logging in and out.
struct LoginRoutes: Sendable {
    let site: Site

    private static let sessionSeconds = 12 * 3600

    func add(to router: Router<WebContext>) {
        router.get("/login") { request, context in
            if context.identity != nil { return Response.seeOther("/") }
            return page(next: Self.local(request.query("next") ?? "/")).response(.ok)
        }
        router.post("/login") { request, context in
            let form = try await Form.read(request)
            return try await logIn(form, from: site.settings.client(of: request, context))
        }
        router.post("/logout") { request, context in
            let user = try context.user(.viewer, try await Form.read(request), request)
            if case .session(let secret) = user.way { try await site.store.closeSession(secret.digest, at: site.now) }
            var response = Response.seeOther("/login")
            response.setCookie(cookie("", seconds: 0))
            return response
        }
    }

    private func logIn(_ form: Form, from address: String) async throws -> Response {
        let text = String(form["user"].prefix(64))
        if let seconds = await site.gate.enter(text, from: address, at: site.now) {
            var failure = WebFailure(
                .tooManyRequests, "login-too-often", "Too many passwords were tried.",
                advice: "Try again in \(about(seconds: seconds).replacingOccurrences(of: "about ", with: "")).")
            failure.retryAfter = seconds
            throw failure
        }
        var known: (user: StoredUser, password: String)?
        if let name = UserName(text) { known = try await site.store.userToCheck(name) }
        let password = String(form["password"].prefix(PasswordHash.longest))
        guard try await PasswordHash.matches(password, known?.password), let user = known?.user else {
            let name = RefusedName.words(text, isUser: known != nil, password: password)
            try await site.store.note(
                "login-refused", subject: address, detail: ["name": name], at: site.now, by: "web")
            return page(next: Self.local(form["next"]), isRefused: true).response(.unauthorized)
        }
        await site.gate.succeed(text, from: address)
        let secret = Secret.make()
        try await site.store.openSession(
            secret.digest, of: user.name, until: site.now.adding(seconds: Self.sessionSeconds), at: site.now)
        var response = Response.seeOther(Self.local(form["next"]))
        response.setCookie(cookie(secret.text, seconds: Self.sessionSeconds))
        return response
    }

    private func cookie(_ value: String, seconds: Int) -> Cookie {
        Cookie(
            name: site.settings.cookieName, value: value, maxAge: seconds, path: "/", secure: site.settings.isSecure,
            httpOnly: true, sameSite: .lax)
    }

    /// Only our own addresses: a link to the login must not lead elsewhere after it.
    static func local(_ next: String) -> String {
        let isOurs =
            next.hasPrefix("/") && !next.hasPrefix("//") && !next.contains("\\")
            && next.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value < 0x7F }
        return isOurs ? next : "/"
    }

    private func page(next: String, isRefused: Bool = false) -> Page {
        let notice: Markup =
            isRefused ? "<p class=\"notice bad\" role=\"alert\">The name or the password is wrong.</p>" : ""
        let main: Markup = """
            <div class="login">
            <h1>Log in</h1>
            \(notice)
            <form method="post" action="/login">
            <input type="hidden" name="next" value="\(next)">
            <p><label for="user">Name</label>
            <input id="user" name="user" autocomplete="username" autocapitalize="none" required autofocus></p>
            <p><label for="password">Password</label>
            <input id="password" name="password" type="password" autocomplete="current-password" required></p>
            <p><button>Log in</button></p>
            </form>
            </div>
            """
        return Page(title: "Log in", main: main)
    }
}

extension WebSettings {
    /// Who is at the other end, for rate limits: behind a proxy, the last one that the proxy itself has named.
    func client(of request: Request, _ context: WebContext) -> String {
        guard isBehindProxy, let list = request.headers[.named("X-Forwarded-For")],
            let last = list.split(separator: ",").last
        else { return context.peer }
        return String(last.trimmingCharacters(in: .whitespaces).prefix(64))
    }
}
