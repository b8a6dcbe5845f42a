internal import Engine
internal import Fleet
internal import Forms
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Store

/// The pages.
struct PageRoutes: Sendable {
    let site: Site
    var store: Store { site.store }

    func add(to router: Router<WebContext>) {
        AssetRoutes().add(to: router)
        LoginRoutes(site: site).add(to: router)
        let pages = router.group().add(middleware: LoginNeeded())
        pages.get("/") { request, context in
            try await FleetPage.make(site, request, try context.user()).response(request)
        }
        pages.get("/nodes/:node") { request, context in
            try await NodePage.make(site, context.name("node"), try context.user()).response(request)
        }
        pages.get("/nodes/:node/compliance") { request, context in
            try await NodeCompliancePage.make(site, context.name("node"), request, try context.user())
                .response(request)
        }
        pages.get("/gpus") { request, context in
            try await CardsPage.make(site, request, try context.user()).response(request)
        }
        pages.get("/compliance") { request, context in
            try await CompliancePage.make(site, request, try context.user()).response(request)
        }
        pages.get("/audit") { request, context in
            try await AuditPage.make(site, request, try context.user()).response(request)
        }
        addRollouts(to: pages)
        pages.get("**") { _, _ -> Response in throw WebFailure.noSuchAddress }
    }

    private func addRollouts(to pages: RouterGroup<WebContext>) {
        pages.get("/rollouts") { request, context in
            try await RolloutsPage.make(site, request, try context.user()).response(request)
        }
        pages.get("/rollouts/:id") { request, context in
            let page = try await RolloutPage.read(site, context.name("id"), try context.user())
            guard request.query("part") != "live" else {
                return JSONAnswer.tagged(
                    Array(page.live.text.utf8), [.contentType: "text/html; charset=utf-8"], for: request)
            }
            return page.page.response(request)
        }
        pages.get("/plans/:digest") { request, context in
            try await PlanPage.make(site, context.name("digest"), request, try context.user()).response(request)
        }
        for action in RolloutAction.allCases {
            pages.post("/rollouts/:id/\(action.rawValue)") { request, context in
                let user = try context.user(.operator, try await Form.read(request), request)
                let id = try site.rollout(context.name("id"))
                try await action.perform(on: id, by: user.actor, site)
                return Response.seeOther("/rollouts/\(id)")
            }
        }
        pages.post("/plans/:digest/request") { request, context in
            let user = try context.user(.operator, try await Form.read(request), request)
            let digest = try await store.planDigest(beginning: context.name("digest"))
            _ = try await store.request(digest, at: site.now, by: user.actor)
            return Response.seeOther("/rollouts")
        }
        pages.post("/requests/:id/approve") { request, context in
            let user = try context.user(.approver, try await Form.read(request), request)
            let id = try RequestDocument.number(context.name("id"))
            let rollout = try await site.host.approve(id, fourEyes: site.settings.needsFourEyes, by: user.actor)
            return Response.seeOther("/rollouts/\(rollout)")
        }
        pages.post("/requests/:id/refuse") { request, context in
            let user = try context.user(.operator, try await Form.read(request), request)
            try await RolloutRoutes(site: site).refuse(try RequestDocument.number(context.name("id")), user)
            return Response.seeOther("/rollouts")
        }
    }
}

extension Response {
    /// After a form, so that loading the page again does not send it again.
    static func seeOther(_ path: String) -> Response { Response(status: .seeOther, headers: [.location: path]) }
}

/// What pages are made to look and behave with.
struct AssetRoutes: Sendable {
    func add(to router: Router<WebContext>) {
        let assets: [(String, String, [UInt8])] = [
            ("style.css", "text/css; charset=utf-8", PackageResources.style_css),
            ("app.js", "text/javascript; charset=utf-8", PackageResources.app_js),
            ("icon.svg", "image/svg+xml", PackageResources.icon_svg),
        ]
        for (name, type, content) in assets {
            router.get("/assets/\(name)") { request, _ in
                JSONAnswer.tagged(content, [.contentType: type, .cacheControl: "no-cache"], for: request)
            }
        }
    }
}
