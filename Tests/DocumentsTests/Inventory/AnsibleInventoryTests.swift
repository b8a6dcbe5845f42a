import Documents
import Fleet
import Foundation
import Testing

@Suite struct AnsibleInventoryTests {
    static let yaml = """
        all:
          vars:
            ansible_user: root
            ansible_python_interpreter: /usr/bin/python3
            ntp: pool.example.org
          children:
            gpu:
              hosts:
                pve[01:03]:
                  ansible_host: "{{ inventory_hostname }}.lan"
                pve10:2222:
              vars:
                ansible_become: "yes"
                vfiofleet_cluster: prod
                vfiofleet_labels: {site: fra}
              children:
                amd:
                  hosts:
                    pve03:
                      ansible_port: "2200"
                      ansible_ssh_private_key_file: ~/.ssh/k
                      ansible_ssh_common_args: "-J ops@bastion,inner:23"
        """

    @Test func yamlImportsAsItIs() throws {
        let reading = try InventoryDocument.parse(Self.yaml, file: "hosts.yml")
        let nodes = reading.inventory.nodes
        #expect(nodes.map(\.name.description) == ["pve01", "pve02", "pve03", "pve10"])
        #expect(
            nodes[2]
                == Node(
                    name: try #require(NodeName("pve03")),
                    connection: .init(
                        address: "pve03.lan", port: 2200, user: "root", identityFiles: ["~/.ssh/k"],
                        jumps: [.init(address: "bastion", user: "ops"), .init(address: "inner", port: 23)],
                        become: .sudo),
                    labels: ["site": "fra"], groups: ["gpu", "amd"], cluster: "prod"))
        #expect(nodes[3].connection.port == 2222)
        #expect(reading.warnings.map(\.code) == ["inventory-ignored-variable"])
        #expect(reading.warnings.first?.message.contains("“ntp”") == true)
        #expect(reading.warnings.first?.location?.line == 5)
    }

    /// As `ansible-inventory --list` of ansible-core 2.19 has them.
    @Test func wordsOfAHostsLineAreThoseOfAnsible() throws {
        let lines = #"""
            [g]
            a ansible_ssh_private_key_file=/k/a\ b
            b ansible_ssh_private_key_file="/k/\"b"
            c ansible_ssh_private_key_file=/k/c#d
            d ansible_ssh_private_key_file='/k/d\n' ansible_user="o"'ps'
            """#
        let nodes = try InventoryDocument.parse(lines, file: "hosts.ini").inventory.nodes
        #expect(nodes.map(\.connection.identityFiles) == [["/k/a b"], [#"/k/"b"#], ["/k/c"], [#"/k/d\n"#]])
        #expect(nodes.last?.connection.user == "ops")
    }

    @Test(arguments: [#"a ansible_host="x"#, "a ansible_host='x", #"a ansible_host=x\"#])
    func aQuoteThatStaysOpenIsRefused(_ line: String) throws {
        let error = try #require(throws: InvalidDocument.self) {
            try InventoryDocument.parse("[g]\n\(line)\nb\n", file: "hosts.ini")
        }
        #expect(error.errors.map(\.code) == ["inventory-syntax"])
        #expect(error.errors.first?.location?.line == 2)
    }

    static let ini = """
        ; the fleet
        bare ansible_host=10.0.0.9

        [gpu]
        pve[01:05:2]:2022 ansible_user='ops'   # odd ones
        rack-[a:c]

        [gpu:vars]
        ansible_become = true
        vfiofleet_label_site=fra

        [site:children]
        gpu

        [site:vars]
        ansible_ssh_extra_args=-o ProxyJump=bastion
        """

    @Test func iniImportsAsItIs() throws {
        let nodes = try InventoryDocument.parse(Self.ini, file: "hosts").inventory.nodes
        #expect(
            nodes.map(\.name.description) == ["bare", "pve01", "pve03", "pve05", "rack-a", "rack-b", "rack-c"])
        #expect(nodes[0].connection == .init(address: "10.0.0.9"))
        #expect(nodes[0].groups.isEmpty)
        #expect(
            nodes[1].connection
                == .init(
                    address: "pve01", port: 2022, user: "ops", jumps: [.init(address: "bastion")], become: .sudo))
        #expect(nodes[1].groups == ["gpu", "site"])
        #expect(nodes[1].labels == ["site": "fra"])
    }

    /// The order Ansible documents: all, parents, children (the later name wins), the host.
    @Test func precedenceIsAnsibles() throws {
        let text = """
            [b]
            h1
            h2
            h3 ansible_port=4
            [a]
            h1
            [parent:children]
            b
            [all:vars]
            ansible_user=all
            ansible_port=1
            [parent:vars]
            ansible_port=2
            [b:vars]
            ansible_port=3
            [a:vars]
            ansible_user=a
            ansible_port=9
            """
        let nodes = try InventoryDocument.parse(text, file: "hosts.ini").inventory.nodes
        #expect(nodes.map(\.connection.port) == [3, 3, 4])
        #expect(nodes.map(\.connection.user) == ["a", "all", "all"])
        let swapped = text + "\n[a:vars]\nansible_group_priority=10\n"
        let first = try InventoryDocument.parse(swapped, file: "hosts.ini").inventory.nodes.first
        #expect(first?.connection.port == 3, "depth weighs more than priority")
        let flat = swapped.replacing("[parent:children]\nb\n", with: "")
        #expect(try InventoryDocument.parse(flat, file: "hosts.ini").inventory.nodes.first?.connection.port == 9)
    }

    @Test(arguments: [
        ("[g]\npve[1:x]\n", "inventory-invalid-value", 2, 1),
        ("[g]\nh port\n", "inventory-syntax", 2, 1),
        ("[g:what]\n", "inventory-syntax", 1, 1),
        ("[g]\n  h ansible_port=x\n", "inventory-invalid-value", 2, 3),
        ("[g:vars]\nno equals\n", "inventory-syntax", 2, 1),
        ("all:\n  hosts:\n    h: {ansible_host: '{{ x }}'}\n", "inventory-template", 3, 23),
        ("all:\n  hosts: [h]\n", "inventory-wrong-type", 2, 10),
        ("all:\n  hosts:\n    2001:db8::1:\n", "inventory-invalid-value", 3, 5),
        ("plugin: aws\n", "inventory-dynamic", 1, 9),
        ("[a:children]\nb\n[b:children]\na\n", "inventory-group-cycle", 1, 1),
    ])
    func refusesWithThePlace(_ text: String, _ code: String, _ line: Int, _ column: Int) throws {
        let failure = #expect(throws: InvalidDocument.self) { try InventoryDocument.parse(text, file: "hosts") }
        let error = try #require(failure?.errors.first)
        #expect(error.code.rawValue == code)
        #expect(error.location == SourceLocation(file: "hosts", line: line, column: column))
    }

    @Test(arguments: [
        ("-o StrictHostKeyChecking=no", "ignored-variable"), ("-o ProxyCommand='ssh -W %h:%p b'", "ignored-variable"),
    ])
    func otherOptionsOfSSHAreSaidToBeIgnored(_ arguments: String, _ code: String) throws {
        let text = "[g]\nh ansible_ssh_common_args=\"\(arguments)\"\n"
        let reading = try InventoryDocument.parse(text, file: "hosts")
        #expect(reading.inventory.nodes.first?.connection.jumps == [])
        #expect(reading.warnings.map(\.code.rawValue) == ["inventory-\(code)"])
    }

    @Test func variableFilesBesideItAreRead() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "inventory-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        func write(_ name: String, _ text: String) throws {
            let file = directory.appending(path: name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        try write("hosts", "[gpu]\nh1 ansible_port=1\nh2\n[gpu:vars]\nansible_user=inline\nansible_port=5\n")
        try write("own.yaml", "nodes:\n  mine: {user: me}\n")
        try write("README.md", "no inventory")
        try write("group_vars/all.yml", "ansible_user: all\nansible_port: 6\n")
        try write("group_vars/gpu/main.yml", "ansible_port: 7\n")
        try write("host_vars/h1", "ansible_host: 10.0.0.1\n")
        try write("host_vars/absent.yml", "ansible_host: 10.0.0.2\n")
        let reading = try InventoryDocument.load(directory.path)
        let nodes = reading.inventory.nodes
        #expect(Set(nodes.map(\.name.description)) == ["h1", "h2", "mine"])
        let h1 = try #require(nodes.first { $0.name.description == "h1" })
        let h2 = try #require(nodes.first { $0.name.description == "h2" })
        #expect(h1.connection == .init(address: "10.0.0.1", port: 1, user: "all"))
        #expect(h2.connection == .init(address: "h2", port: 7, user: "all"))
    }
}
