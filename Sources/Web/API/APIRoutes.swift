internal import Fleet
internal import Forms
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Probe
internal import Store

/// `/api/v1`: what the commands print with `--json`, and what they do. `openapi.json` describes it.
struct APIRoutes: Sendable {
    let site: Site
    /// The kernel tells who asks, so that more is done here.
    var isAtSocket = false
    var store: Store { site.store }
    private var document: APIDocument { isAtSocket ? .atSocket : .overNetwork }

    /// Returns what is for users only, for more routes.
    func add(to router: Router<WebContext>) -> RouterGroup<WebContext> {
        router.get("/api/v1/openapi.json") { request, _ in
            JSONAnswer.tagged(document.bytes, [.contentType: "application/json"], for: request)
        }
        let api = router.group("/api/v1").add(middleware: LoginNeeded())
        api.get("whoami") { request, context in try JSONAnswer.make(WhoAmI(try context.user()), for: request) }
        addFleet(to: api)
        addRecords(to: api)
        RolloutRoutes(site: site).add(to: api)
        RecordRoutes(site: site).add(to: api)
        refuseOtherMethods(of: api)
        api.get("**") { _, _ -> Response in throw WebFailure.noSuchAddress }
        return api
    }

    /// What the document does not have is not allowed, which is something else than not there.
    private func refuseOtherMethods(of api: RouterGroup<WebContext>) {
        let known = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"].compactMap {
            HTTPRequest.Method(rawValue: $0)
        }
        for (path, allowed) in document.methods {
            let route = path.dropFirst().replacing("{", with: ":").replacing("}", with: "")
            for method in known where !allowed.contains(method.rawValue) {
                api.on(RouterPath(String(route)), method: method) { _, _ -> Response in
                    throw WebFailure.notAllowed(method, allowed.sorted().joined(separator: ", "))
                }
            }
        }
    }

    private func addFleet(to api: RouterGroup<WebContext>) {
        api.get("nodes") { request, _ in
            try PageOfList(request).json(try await site.nodes(request.query("selector")), request)
        }
        api.get("nodes/:node") { request, context in
            let node = try await site.node(context.name("node")).name
            guard let seen = try await store.latestObservations(of: [node])[node] else { throw WebFailure.unseen(node) }
            return try JSONAnswer.make(NodeDocument(node, seen, try await store.rollouts(of: node)), for: request)
        }
        api.get("nodes/:node/history") { request, context in
            let node = try await site.node(context.name("node")).name
            return try PageOfList(request).json(HistoryEntry.entries(try await store.observations(of: node)), request)
        }
        api.get("nodes/:node/compliance") { request, context in
            let node = try await site.node(context.name("node")).name
            return try PageOfList(request).json(try await entries(try await store.standings(of: node)), request)
        }
        api.get("gpus") { request, _ in
            let names = Set(try await site.nodes(request.query("selector")).map(\.name))
            let page = try PageOfList(request)
            // Programs are told all of it or nothing.
            try await site.catalogue.refresh()
            let (figures, cards) = try await site.catalogue.part(page, where: names.contains)
            return try page.json(part: cards, of: figures.total, request)
        }
    }

    private func addRecords(to api: RouterGroup<WebContext>) {
        api.get("compliance") { request, _ in
            let names = Set(try await site.nodes(request.query("selector")).map(\.name))
            let (page, playbook) = (try PageOfList(request), request.query("playbook"))
            let counts = try await store.standingCounts(under: playbook).filter { names.contains($0.node) }
            let (nodes, before) = page.nodes(of: counts)
            let standings = try await store.currentStandings(of: nodes, under: playbook).dropFirst(before)
            return try page.json(
                part: try await entries(Array(standings.prefix(page.limit))),
                of: counts.reduce(0) { $0 + $1.count }, request)
        }
        api.get("schedules") { request, _ in
            let schedules = try await ScheduleDocument.all(in: store, at: site.now)
            return try PageOfList(request).json(schedules, request)
        }
        api.get("audit") { request, _ in
            let page = try PageOfList(request)
            // The newest first, as far as it is asked for.
            let lines = try await store.auditLog(latest: page.offset + page.limit + 1).reversed()
            return try page.json(lines.map(AuditDocument.init), request)
        }
        api.get("plans") { request, _ in
            let page = try PageOfList(request)
            let plans = try await store.plans(latest: page.offset + page.limit + 1)
            return try page.json(plans.map(PlanLine.init), request)
        }
        api.get("plans/:digest") { request, context in
            let digest = try await store.planDigest(beginning: context.name("digest"))
            return try JSONAnswer.make(PlanDocument(try await store.plan(digest), digest: digest), for: request)
        }
    }

    private func entries(_ standings: [RuleStanding]) async throws -> [ComplianceEntry] {
        try await ComplianceEntry.entries(standings, in: store, at: site.now)
    }
}

/// Everything below is for users only.
struct LoginNeeded: RouterMiddleware {
    typealias Context = WebContext

    func handle(
        _ request: Request, context: WebContext, next: @concurrent (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        _ = try context.user()
        return try await next(request, context)
    }
}

extension WebFailure {
    static let noSuchAddress = WebFailure(.notFound, "http-404", "There is nothing at this address.")

    static func notAllowed(_ method: HTTPRequest.Method, _ allowed: String) -> WebFailure {
        var failure = WebFailure(.methodNotAllowed, "http-405", "\(method.rawValue) is not done here.")
        failure.allowed = allowed
        return failure
    }

    static func unseen(_ node: NodeName) -> WebFailure {
        WebFailure(
            .notFound, "node-not-seen", "\(node) was not looked at yet.", advice: "Run: vfiofleet detect \(node).")
    }
}

struct WhoAmI: Encodable {
    var name: UserName
    var role: UserRole

    init(_ identity: Identity) {
        name = identity.name
        role = identity.role
    }
}

/// A plan in a list of them.
struct PlanLine: Encodable {
    var digest: String
    var purpose: FleetPlan.Purpose
    var playbook: String
    var createdAt: String
    /// How many nodes got which verdict.
    var verdicts: [String: Int]

    init(_ summary: PlanSummary) {
        digest = summary.digest.description
        purpose = summary.purpose
        playbook = summary.playbook
        createdAt = summary.createdAt.iso8601
        verdicts = Dictionary(
            summary.verdicts.map { ($0.key.rawValue, $0.value) }, uniquingKeysWith: { first, _ in first })
    }
}
