/// The part of the API that a simulated node answers.
enum APIRoutes {
    static let all = cluster + nodes + guests + hardware + mappings

    private static let cluster = [
        APIRoute("get", "/version") { call, _ in
            let release = call.node.release
            return .object([
                "release": .string(release.major), "repoid": .string(release.repository),
                "version": .string(release.manager),
            ])
        },
        APIRoute("get", "/cluster/resources", ["type": .oneOf("vm", "storage", "node", "sdn")]) {
            ClusterResources(call: $0).list(&$1)
        },
        APIRoute("get", "/cluster/status") { call, _ in ClusterMembership(node: call.node).status },
        APIRoute("get", "/cluster/nextid") { call, _ in
            let used = call.guests.store.clusterGuests
            return .string(String((100...999_999).first { used[String($0)] == nil } ?? 0))
        },
        APIRoute("get", "/cluster/ha/status/current") { call, _ in HAState(node: call.node).current },
        APIRoute("get", "/cluster/ha/status/manager_status") { call, _ in HAState(node: call.node).managerStatus },
        APIRoute("get", "/nodes") { ClusterResources(call: $0).nodes(&$1) },
    ]

    private static let nodes = [
        APIRoute("get", "/nodes/{node}/status") { call, _ in NodeStatus(node: call.node).fields },
        APIRoute("create", "/nodes/{node}/status", ["command": .oneOf("reboot", "shutdown").required]) { call, _ in
            call.node.power(call.parameters["command"] ?? "reboot")
            return .null
        },
        APIRoute("get", "/nodes/{node}/version") { call, _ in
            let release = call.node.release
            return .object([
                "release": .string(release.major), "repoid": .string(release.repository),
                "version": .string(release.manager),
            ])
        },
        APIRoute("get", "/nodes/{node}/capabilities/qemu/machines") { call, _ in
            .array(MachineCatalogue.entries(release: call.node.release))
        },
    ]

    private static let guests = [
        APIRoute("get", "/nodes/{node}/qemu", ["full": .boolean]) { call, console in
            .array(call.guests.statuses(&console).map { .object(call.guests.listedStatus($0)) })
        },
        APIRoute("create", "/nodes/{node}/qemu", creation) { call, console in
            try call.guests.create(call.guestParameters, &console)
            return .null
        },
        APIRoute("delete", "/nodes/{node}/qemu/{vmid}", ["skiplock": .boolean, "purge": .boolean]) { call, console in
            try call.guests.destroy(call.guestParameters, &console)
            return .null
        },
        APIRoute("get", config, ["current": .boolean, "snapshot": .text(.configID)]) {
            try GuestAPI(call: $0).config(&$1)
        },
        APIRoute("set", config, GuestCommands.updateSchema) { try GuestAPI(call: $0).update(&$1) },
        APIRoute("create", config, GuestCommands.updateSchema) { try GuestAPI(call: $0).update(&$1) },
        APIRoute("get", "/nodes/{node}/qemu/{vmid}/pending") { try GuestAPI(call: $0).pending(&$1) },
        APIRoute("get", "/nodes/{node}/qemu/{vmid}/migrate", ["target": .text(.node)]) {
            try GuestAPI(call: $0).migration(&$1)
        },
        APIRoute("create", "/nodes/{node}/qemu/{vmid}/migrate", GuestCommands.migrationSchema) { call, console in
            try call.guests.migrate(call.guestParameters, &console)
            return .null
        },
        APIRoute("get", "/nodes/{node}/qemu/{vmid}/status/current") { try GuestAPI(call: $0).status(&$1) },
        APIRoute("create", state + "start", ["skiplock": .boolean, "timeout": .integer(0)]) { call, console in
            try call.guests.start(call.guestParameters, &console)
            return .null
        },
        APIRoute("create", state + "stop", ["skiplock": .boolean, "timeout": .integer(0)]) { call, console in
            try call.guests.stop(call.guestParameters, &console)
            return .null
        },
        APIRoute("create", state + "shutdown", ["skiplock": .boolean, "timeout": .integer(0), "forceStop": .boolean]) {
            call, console in
            try call.guests.shutdown(call.guestParameters, &console)
            return .null
        },
        APIRoute("create", state + "reboot", ["timeout": .integer(0)]) { call, console in
            try call.guests.reboot(call.guestParameters, &console)
            return .null
        },
    ]

    private static let config = "/nodes/{node}/qemu/{vmid}/config"
    private static let state = "/nodes/{node}/qemu/{vmid}/status/"
    private static let creation = GuestCommands.creationSchema.merging([
        "vmid": PropertySchema(kind: .integer, isOptional: false, format: .vmid, minimum: 100, maximum: 999_999_999)
    ]) { $1 }

    private static let hardware = [
        APIRoute(
            "get", "/nodes/{node}/hardware/pci",
            ["pci-class-blacklist": .text(.list { _ in nil }), "verbose": .boolean]
        ) { call, _ in HardwareAPI(call: call).list },
        APIRoute("get", "/nodes/{node}/hardware/pci/{function}/mdev") { call, _ in HardwareAPI(call: call).mediatedTypes
        },
    ]

    private static let mapping = "/cluster/mapping/pci/{mapping}"

    private static let mappings = [
        APIRoute("get", "/cluster/mapping/pci", ["check-node": .text(.node)]) { call, _ in MappingAPI(call: call).list
        },
        APIRoute("create", "/cluster/mapping/pci", MappingAPI.creation) { call, _ in try MappingAPI(call: call).create()
        },
        APIRoute("get", mapping) { call, _ in try MappingAPI(call: call).get() },
        APIRoute("set", mapping, MappingAPI.change) { call, _ in try MappingAPI(call: call).update() },
        APIRoute("delete", mapping) { call, _ in try MappingAPI(call: call).delete() },
    ]
}
