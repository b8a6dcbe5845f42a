import Glibc

/// The hidden verbs of the lab's program: the supervisor and a node's first process.
public enum LabProcess {
    /// Runs the verb when the arguments name one; else returns nil at once.
    /// - Parameter arguments: those of the process, its own name first.
    public static func run(_ arguments: [String]) -> Int32? {
        let program = arguments.first.map { String($0.split(separator: "/").last ?? "") } ?? ""
        if NodeProgram.names.contains(program) {
            return NodeProgram.run(program, Array(arguments.dropFirst()))
        }
        switch arguments.dropFirst().first {
        case "lab-init" where arguments.count == 3: return NodeInit.run(plan: arguments[2])
        case "lab-supervisor" where arguments.count == 7: return supervise(Array(arguments.dropFirst(2)))
        default: return nil
        }
    }

    private static func supervise(_ words: [String]) -> Int32 {
        let layout = LabLayout(directory: words[0])
        let options = LabOptions(
            machines: words[1], setup: words[2].isEmpty ? nil : words[2], count: Int(words[3]),
            portBase: UInt16(words[4]))
        do throws(LabError) {
            let listener = try ControlSocket.listen(layout.control)
            var supervisor = try LabStart(layout: layout, options: options).run()
            let ready = Array("ready\n".utf8)
            _ = write(1, ready, ready.count)
            let null = open("/dev/null", O_WRONLY)
            dup2(null, 1)
            supervisor.serve(listener)
        } catch {
            let message = Array("\(error.description)\n".utf8)
            _ = write(2, message, message.count)
            return 1
        }
    }
}
