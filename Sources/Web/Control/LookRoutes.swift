internal import Engine
internal import Fleet
internal import Forms
internal import Hummingbird

/// Looks at nodes, proofs and plans: what takes a while, and is told as it goes.
struct LookRoutes: Sendable {
    let site: Site
    let control: ControlListener
    let looks: Looks

    func add(to api: RouterGroup<WebContext>) {
        let (work, store) = (control.work, site.store)
        api.post("looks") { request, context in
            let wish: LookWish = try await wish(request, context)
            let nodes = try await FleetSelection.nodes(wish.selector, in: store)
            return try await looks.response(about: nodes.map(\.name)) { events in
                SweepDocument(try await work.detect(nodes, words: \.words, events: events), nodes.map(\.name))
            }
        }
        api.post("verifications") { request, context in
            let wish: PlaybookWish = try await wish(request, context)
            let playbook = try control.playbook(wish.playbook, wish.file)
            let targets = try await FleetSelection.targets(of: playbook, wish.selector, in: store)
            return try await looks.response(about: targets.map(\.node.name)) { events in
                VerifyDocument(try await work.verify(targets, events: events))
            }
        }
        api.post("plans") { request, context in
            let wish: PlaybookWish = try await wish(request, context)
            let playbook = try control.playbook(wish.playbook, wish.file)
            let targets = try await FleetSelection.targets(of: playbook, wish.selector, in: store)
            let overrides = try (wish.overrides ?? []).map { text throws(FleetError) in try NodeOverride(parsing: text)
            }
            let plan = FleetWork.Wish(
                playbook: playbook, selector: wish.selector, isLooking: !(wish.stored ?? false), maxRisk: wish.maxRisk,
                overrides: overrides)
            return try await looks.response(about: plan.isLooking ? targets.map(\.node.name) : []) { events in
                ["digest": try await work.plan(plan, for: targets, events: events).digest]
            }
        }
        api.post("looks/:id/stop") { _, context in
            try context.user().require(.operator)
            guard let number = Int(context.name("id")) else { throw WebFailure.noSuchAddress }
            await looks.stop(number)
            return Response(status: .accepted)
        }
    }

    private func wish<Wish: Decodable>(_ request: Request, _ context: WebContext) async throws -> Wish {
        try context.user().require(.operator)
        return try await JSONBody.read(request)
    }
}

struct LookWish: Decodable {
    /// All nodes when left out.
    var selector: String?
}

struct PlaybookWish: Decodable {
    /// Its text, as in a file.
    var playbook: String
    /// The file's name, for messages.
    var file: String
    var selector: String?
    /// Without a look before.
    var stored: Bool?
    var maxRisk: Int?
    /// Each as `NODE:CODE`.
    var overrides: [String]?
}
