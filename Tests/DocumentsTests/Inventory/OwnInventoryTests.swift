import Documents
import Fleet
import Testing

@Suite struct OwnInventoryTests {
    static let full = """
        defaults:
          user: admin
          identity-file: ~/.ssh/id_ed25519
          become: sudo
          labels: {site: fra, tier: 1}
        groups:
          gpu:
            members: ["pve[01-02]", edge*]
            port: 2200
            labels: {tier: gold}
          europe: {children: [gpu], cluster: prod}
        nodes:
          "pve[01-03]":
            address: "{name}.example.org"
            jump: [ops@bastion:2222, inner]
          edge-1: {port: 22, become: no, labels: {site: ams}, groups: [special], cluster: test, identity-file: [a, b]}
          alone:
        """

    @Test func appliesDefaultsGroupsAndNodes() throws {
        let text = Self.full.replacing("nodes:\n", with: "  special:\nnodes:\n", maxReplacements: 1)
        let nodes = try InventoryDocument.parse(text, file: "i.yaml").inventory.nodes
        #expect(nodes.map(\.name.description) == ["pve01", "pve02", "pve03", "edge-1", "alone"])
        let jumps: [ConnectionSettings.JumpHost] = [
            .init(address: "bastion", port: 2222, user: "ops"), .init(address: "inner"),
        ]
        #expect(
            nodes[0]
                == Node(
                    name: try #require(NodeName("pve01")),
                    connection: .init(
                        address: "pve01.example.org", port: 2200, user: "admin",
                        identityFiles: ["~/.ssh/id_ed25519"], jumps: jumps, become: .sudo),
                    labels: ["site": "fra", "tier": "gold"], groups: ["gpu", "europe"], cluster: "prod"))
        #expect(nodes[2].connection.port == nil)
        #expect(nodes[2].groups.isEmpty)
        #expect(
            nodes[3]
                == Node(
                    name: try #require(NodeName("edge-1")),
                    connection: .init(
                        address: "edge-1", port: 22, user: "admin", identityFiles: ["a", "b"], become: .no),
                    labels: ["site": "ams", "tier": "gold"], groups: ["gpu", "europe", "special"], cluster: "test"))
        #expect(nodes[4].connection.address == "alone")
    }

    struct Wrong: Sendable, CustomTestStringConvertible {
        var text: String
        var code: FleetError.Code
        var line: Int
        var column: Int
        var hint = ""
        var testDescription: String { text }

        init(_ text: String, _ code: FleetError.Code, _ line: Int, _ column: Int, hint: String = "") {
            self.text = text
            self.code = code
            self.line = line
            self.column = column
            self.hint = hint
        }
    }

    @Test(arguments: [
        Wrong("nodes:\n  a: {adress: b}", "inventory-unknown-key", 2, 7, hint: "“address”"),
        Wrong("node: {}", "inventory-unknown-key", 1, 1, hint: "“nodes”"),
        Wrong("nodes: [a]", "inventory-wrong-type", 1, 8),
        Wrong("nodes:\n  a: {port: 70000}", "inventory-invalid-value", 2, 13, hint: "1…65535"),
        Wrong("nodes:\n  a: {port: '22'}", "inventory-invalid-value", 2, 13),
        Wrong("nodes:\n  a: {user: 'x y'}", "inventory-invalid-value", 2, 13),
        Wrong("nodes:\n  a: {address: -oProxyCommand=x}", "inventory-invalid-value", 2, 16),
        Wrong("nodes:\n  a: {jump: 'u@h:p'}", "inventory-invalid-value", 2, 13),
        Wrong("nodes:\n  a: {become: su}", "inventory-invalid-value", 2, 15),
        Wrong("nodes:\n  a b: {}", "inventory-invalid-value", 2, 3),
        Wrong("nodes:\n  a[1-x]: {}", "inventory-invalid-value", 2, 3),
        Wrong("nodes:\n  a[1-2]: {}\n  a2: {}", "inventory-duplicate-node", 3, 3, hint: "2:3"),
        Wrong("nodes:\n  a[1-2]: {address: x}", "inventory-shared-address", 2, 3, hint: "{name}"),
        Wrong("nodes:\n  a: {groups: [gpu]}", "inventory-unknown-group", 2, 16),
        Wrong("groups:\n  gpu:\nnodes:\n  a: {groups: [gpus]}", "inventory-unknown-group", 4, 16, hint: "“gpu”"),
        Wrong("groups:\n  g: {members: [pve2]}\nnodes:\n  pve1:", "inventory-unknown-node", 2, 17, hint: "“pve1”"),
        Wrong("groups:\n  g: {children: [h]}\n  h: {children: [g]}", "inventory-group-cycle", 2, 3),
        Wrong("groups:\n  all: {}", "inventory-invalid-value", 2, 3),
        Wrong("nodes:\n  a: {labels: {'x y': 1}}", "inventory-invalid-value", 2, 16),
        Wrong("nodes:\n  a: [\n", "inventory-syntax", 3, 1),
    ])
    func refusesWithThePlace(_ wrong: Wrong) throws {
        let failure = #expect(throws: InvalidDocument.self) { try InventoryDocument.parse(wrong.text, file: "i.yaml") }
        let error = try #require(failure?.errors.first)
        #expect(error.code == wrong.code)
        #expect(error.location == SourceLocation(file: "i.yaml", line: wrong.line, column: wrong.column))
        #expect("\(error)".contains(wrong.hint), "\(error)")
    }

    @Test func tellsEveryErrorAndImportsNothing() {
        let text = "nodes:\n  ok: {}\n  a: {prt: 1, user: '', become: x}\n  b: {port: 0}\n"
        let failure = #expect(throws: InvalidDocument.self) { try InventoryDocument.parse(text, file: "i.yaml") }
        #expect(failure?.errors.map { $0.location?.line } == [3, 3, 3, 4])
    }

    @Test func filesAreOneInventory() throws {
        let one = InventoryDocument.Source(
            file: "1.yaml", text: "defaults: {user: a}\nnodes:\n  n1: {groups: [g]}\ngroups: {g: {members: [n2]}}")
        let two = InventoryDocument.Source(file: "2.yaml", text: "nodes:\n  n2:\ngroups: {g: {port: 7}}")
        let nodes = try InventoryDocument.parse([one, two]).inventory.nodes
        #expect(nodes.map(\.connection.user) == ["a", nil], "defaults are those of the file")
        #expect(nodes.map(\.connection.port) == [7, 7])
        let failure = #expect(throws: InvalidDocument.self) { try InventoryDocument.parse([one, two, two]) }
        #expect(failure?.errors.map(\.code) == ["inventory-duplicate-node", "inventory-duplicate-group"])
    }

    @Test func theSameDoorTwiceIsAWarning() throws {
        let reading = try InventoryDocument.parse("nodes:\n  a: {address: h}\n  b: {address: h}\n", file: "i.yaml")
        #expect(reading.warnings.map(\.code) == ["inventory-same-address"])
    }

    @Test func whatIsEncodedReadsBackTheSame() throws {
        let text = Self.full.replacing("nodes:\n", with: "  special:\nnodes:\n", maxReplacements: 1)
        let inventory = try InventoryDocument.parse(text, file: "i.yaml").inventory
        let encoded = InventoryDocument.encode(inventory)
        #expect(try InventoryDocument.parse(encoded, file: "e.yaml").inventory == inventory, "\(encoded)")
    }
}
