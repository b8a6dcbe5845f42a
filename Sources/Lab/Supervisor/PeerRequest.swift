import Glibc

/// `run HOST WORD…`: a node has another one run a program, as Proxmox' programs do over SSH. Words are in hexadecimal digits.
/// The answer is what it printed, then a line with its exit status.
struct PeerRequest {
    private let host: String
    private let words: [String]

    /// Nil where it is another request.
    init?(_ line: [String]) {
        guard line.count > 2, line[0] == "run" else { return nil }
        host = line[1]
        words = line.dropFirst(2).map(Self.decoded)
    }

    /// In the node's own namespaces and network, like a login. What is said on standard error counts when it fails. A guest
    /// that is started lives on and must not keep the connection open.
    private static let program = """
        place=$(mktemp -d); "$@" >"$place/out" 2>"$place/errors"; status=$?
        cat "$place/out"; [ "$status" = 0 ] || cat "$place/errors"
        rm -rf "$place"; printf '\\n%s' "$status"
        """

    /// Leaves the connection to the program; nobody waits for it here.
    func answer(_ descriptor: Int32, _ nodes: [SimulatedNode]) throws(LabError) {
        guard let node = nodes.first(where: { $0.setup.hostName == host }), node.power == .running,
            let process = node.firstProcess
        else { throw LabError(.invalid, "\(host) does not answer.") }
        let place = ["-t", "\(process)", "-m", "-p", "-u", "-r", "-w", "nsenter", "--net=/run/lab/net"]
        let command = ["/bin/sh", "-c", Self.program, "sh"] + words
        _ = try Process("nsenter", place + command, descriptors: [-1, descriptor, 2]).start()
    }

    /// Asks for it, from a node.
    @Sendable static func run(_ host: String, _ words: [String]) -> CommandOutcome {
        let line = (["run", host] + words.map(encoded)).joined(separator: " ")
        do throws(LabError) {
            let answer = Array(try ControlSocket.ask("/run/lab/control", line).utf8)
            let end = answer.lastIndex(of: UInt8(ascii: "\n")) ?? 0
            let status = Int32(String(decoding: answer[end...].dropFirst(), as: UTF8.self))
            return CommandOutcome(exitCode: status ?? 255, standardOutput: Array(answer[..<end]))
        } catch {
            let text = "ssh: connect to host \(host) port 22: No route to host\n"
            return CommandOutcome(exitCode: 255, standardOutput: Array(text.utf8))
        }
    }

    private static func encoded(_ word: String) -> String { word.utf8.map(hexByte).joined() }

    private static func decoded(_ word: String) -> String {
        let digits = word.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
