internal import Engine
internal import Fleet
internal import Foundation
internal import Hummingbird
internal import Store

/// What all requests share.
final class Site: Sendable {
    let settings: WebSettings
    let store: Store
    let host: RolloutHost
    let time: any TimeSource
    let gate = LoginGate()
    let streams: RolloutStreams
    let catalogue: CardCatalogue

    init(settings: WebSettings, store: Store, host: RolloutHost, time: any TimeSource) {
        self.settings = settings
        self.store = store
        self.host = host
        self.time = time
        streams = RolloutStreams(store: store)
        catalogue = CardCatalogue(store: store)
    }

    var now: Timestamp { time.now() }

    func router() -> Router<WebContext> {
        let router = Router(context: WebContext.self, options: [.autoGenerateHeadEndpoints])
        router.add(middleware: Counting())
        router.add(middleware: SafeHeaders(isSecure: settings.tls != nil))
        router.add(middleware: Failing(isLocal: false))
        router.add(middleware: OneHost())
        router.add(middleware: HostCheck(settings))
        router.add(middleware: Authentication(site: self))
        HealthRoutes(site: self).add(to: router)
        _ = APIRoutes(site: self).add(to: router)
        PageRoutes(site: self).add(to: router)
        return router
    }

    /// For commands of this machine: who asks tells the kernel, and there are no pages.
    func router(for control: ControlListener, _ looks: Looks) -> Router<WebContext> {
        let router = Router(context: WebContext.self, options: [.autoGenerateHeadEndpoints])
        router.add(middleware: Counting())
        router.add(middleware: SafeHeaders(isSecure: false))
        router.add(middleware: Failing(isLocal: true))
        router.add(middleware: OneHost())
        router.add(middleware: PeerAuthentication(rights: PeerRights(control.settings)))
        HealthRoutes(site: self).add(to: router)
        let api = APIRoutes(site: self, isAtSocket: true).add(to: router)
        ControlRoutes(site: self, control: control).add(to: api)
        LookRoutes(site: self, control: control, looks: looks).add(to: api)
        return router
    }

    /// The nodes a selector names, in the inventory's order; nil = all. Fails as the selector does.
    func nodes(_ selector: String?) async throws -> [Node] {
        let inventory = Inventory(nodes: try await store.nodes())
        guard let selector, !selector.isEmpty else { return inventory.nodes }
        let selection = try Selector(parsing: selector).select(from: inventory)
        if let unmatched = selection.unmatched.first { throw unmatched }
        return selection.nodes
    }

    /// The name in an address. Fails with `node-unknown`.
    func node(_ text: String) async throws -> Node {
        guard let name = NodeName(text), let node = try await store.nodes().first(where: { $0.name == name }) else {
            throw WebFailure(.notFound, "node-unknown", "The inventory has no node “\(text)”.")
        }
        return node
    }

    /// Fails with `request-unknown`.
    func request(_ text: String) async throws -> RolloutRequest {
        guard let number = Int64(text) else {
            throw WebFailure(.notFound, "request-unknown", "No roll-out was asked for under “\(text)”.")
        }
        return try await store.request(number)
    }

    /// Fails with `proposal-unknown`.
    func proposal(_ text: String) async throws -> Proposal {
        guard let number = Int64(text) else {
            throw WebFailure(.notFound, "proposal-unknown", "There is no proposal “\(text)”.")
        }
        return try await store.proposal(Proposal.ID(rawValue: number))
    }

    /// Fails with `rollout-unknown`.
    func rollout(_ text: String) throws -> RolloutID {
        guard let id = RolloutID(text) else {
            throw WebFailure(.notFound, "rollout-unknown", "There is no roll-out “\(text)”.")
        }
        return id
    }
}

extension Request {
    func query(_ name: String) -> String? {
        uri.queryParameters[Substring(name)].map { $0.replacingOccurrences(of: "+", with: " ") }
            .flatMap { $0.isEmpty ? nil : $0 }
    }
}
