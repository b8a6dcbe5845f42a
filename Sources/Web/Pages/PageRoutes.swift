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
        let actions = RolloutActions(site: site)
        for action in RolloutAction.allCases {
            pages.post("/rollouts/:id/\(action.rawValue)") { request, context in
                Response.seeOther("/rollouts/\(try await actions.perform(action, request, context))")
            }
        }
        pages.post("/plans/:digest/request") { request, context in
            _ = try await actions.ask(request, context)
            return Response.seeOther("/rollouts")
        }
        pages.get("/requests/:id") { request, context in
            try await DecisionPage.request(site, context.name("id"), try context.user()).response(request)
        }
        pages.get("/proposals/:id") { request, context in
            try await DecisionPage.proposal(site, context.name("id"), try context.user()).response(request)
        }
        pages.post("/proposals/:id/approve") { request, context in
            Response.seeOther("/rollouts/\(try await actions.approveProposal(request, context))")
        }
        pages.post("/proposals/:id/reject") { request, context in
            try await actions.rejectProposal(request, context)
            return Response.seeOther("/rollouts")
        }
        pages.post("/requests/:id/approve") { request, context in
            Response.seeOther("/rollouts/\(try await actions.approve(request, context))")
        }
        pages.post("/requests/:id/refuse") { request, context in
            try await actions.refuse(request, context)
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
