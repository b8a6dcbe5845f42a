import Fleet
import Glibc

/// Runs the nodes of one lab until it is killed. It is the first process of a pid namespace, so that everything it
/// started ends with it, however it ends; its file systems are in a mount namespace of its own, so they go as well.
///
/// One thread: it sleeps until a request or a timer is due.
struct Supervisor {
    let layout: LabLayout
    let booter: Booter
    private(set) var nodes: [SimulatedNode]
    private var timers: [Timer] = []

    private struct Timer {
        var due: ContinuousClock.Instant
        var node: Int
        var event: Event
    }

    private enum Event {
        /// The node's processes end; on with it after so many seconds.
        case down(back: Double?)
        case boot
    }

    init(layout: LabLayout, booter: Booter, nodes: [SimulatedNode]) {
        self.layout = layout
        self.booter = booter
        self.nodes = nodes
    }

    mutating func bootAll() throws(LabError) {
        for index in nodes.indices { try booter.boot(&nodes[index]) }
    }

    /// Never returns while the lab is up.
    mutating func serve(_ listener: Int32) -> Never {
        while true {
            var ready = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
            let count = poll(&ready, 1, untilNextTimer)
            if count > 0 { answer(listener) }
            reap()
            fireTimers()
        }
    }

    private var untilNextTimer: Int32 {
        guard let due = timers.map(\.due).min() else { return -1 }
        let left = ContinuousClock.now.duration(to: due).components
        let milliseconds = left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000
        return Int32(clamping: max(0, milliseconds + 1))
    }

    private mutating func answer(_ listener: Int32) {
        let descriptor = accept(listener, nil, nil)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        // What a request starts may live for long.
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        guard let line = ControlSocket.readLine(descriptor, seconds: 2) else { return }
        do throws(LabError) {
            let words = line.split(separator: " ").map(String.init)
            if let request = PeerRequest(words) { return try request.answer(descriptor, nodes) }
            ControlSocket.send(descriptor, try perform(words))
        } catch {
            ControlSocket.send(descriptor, "error: \(error.description)")
        }
    }

    private mutating func perform(_ words: [String]) throws(LabError) -> String {
        if words == ["status"] { return nodes.map { LabNode($0).line + "\n" }.joined() }
        guard words.count > 1, let index = nodes.firstIndex(where: { $0.name == words[1] }) else {
            throw LabError(.invalid, "There is no node “\(words.dropFirst().first ?? "")” in this lab.")
        }
        switch words[0] {
        case "reboot": restart(index)
        case "poweroff": schedule(index, .down(back: nil), after: 0.1)
        case "power": try switchPower(index, words.dropFirst(2).first ?? "")
        case "fault": try order(index, words.dropFirst(2))
        case "clear": try clear(index)
        default: throw LabError(.invalid, "The lab does not know “\(words[0])”.")
        }
        return "ok\n"
    }

    private mutating func switchPower(_ index: Int, _ word: String) throws(LabError) {
        switch word {
        case "on": if nodes[index].power == .off { schedule(index, .boot, after: nodes[index].setup.rebootSeconds) }
        case "off": schedule(index, .down(back: nil), after: 0)
        case "cycle": schedule(index, .down(back: nodes[index].setup.rebootSeconds), after: 0)
        default: throw LabError(.invalid, "Power is on, off or cycle, not “\(word)”.")
        }
    }

    /// A reboot that the node asked for: first its services stop, then its connections drop.
    private mutating func restart(_ index: Int) {
        let node = nodes[index]
        guard !node.faults.contains(.ignoresReboot) else { return }
        var seconds = node.setup.rebootSeconds * Double.random(in: 0.9...1.1)
        for case .returnsLate(let more) in node.faults { seconds += more }
        let isLost = node.faults.contains(.neverReturns)
        schedule(index, .down(back: isLost ? nil : seconds), after: 0.1)
    }

    private mutating func schedule(_ index: Int, _ event: Event, after seconds: Double) {
        timers.removeAll { $0.node == index }
        timers.append(Timer(due: .now + .seconds(seconds), node: index, event: event))
    }

    private mutating func fireTimers() {
        let now = ContinuousClock.now
        let due = timers.filter { $0.due <= now }
        timers.removeAll { $0.due <= now }
        for timer in due {
            switch timer.event {
            case .down(let back):
                stop(timer.node)
                if let back { schedule(timer.node, .boot, after: back) }
            case .boot: boot(timer.node)
            }
        }
    }

    private mutating func boot(_ index: Int) {
        do throws(LabError) {
            try booter.boot(&nodes[index])
        } catch {
            nodes[index].power = .unreachable
            nodes[index].reason = error.description
        }
    }

    private mutating func stop(_ index: Int) {
        // unshare is killed and takes the node's first process, and with it all others, along.
        if let process = nodes[index].process {
            kill(process, SIGKILL)
            waitpid(process, nil, 0)
        }
        nodes[index].process = nil
        nodes[index].power = .off
        nodes[index].reason = nil
    }

    /// Takes the exit statuses of ended processes. A node whose first process ended by itself is unreachable.
    private mutating func reap() {
        while true {
            let process = waitpid(-1, nil, WNOHANG)
            guard process > 0 else { return }
            guard let index = nodes.firstIndex(where: { $0.process == process }) else { continue }
            nodes[index].process = nil
            nodes[index].power = .unreachable
            nodes[index].reason = "sshd ended"
        }
    }
}

// Faults.
extension Supervisor {
    private mutating func order(_ index: Int, _ words: ArraySlice<String>) throws(LabError) {
        let faults = try words.map { word throws(LabError) in
            guard let fault = Fault(word) else {
                throw LabError(.invalid, "“\(word)” is no fault. There are: \(Fault.words.joined(separator: ", ")).")
            }
            return fault
        }
        guard !faults.isEmpty else {
            throw LabError(.invalid, "No fault was named. There are: \(Fault.words.joined(separator: ", ")).")
        }
        for fault in faults {
            nodes[index].faults = nodes[index].faults.filter { $0.word != fault.word }
            nodes[index].faults.insert(fault)
        }
        try FaultEffects(layout: layout, node: nodes[index]).apply()
        if faults.contains(.cardLost) {
            stop(index)
            nodes[index].power = .unreachable
            nodes[index].reason = "the management card is lost"
        }
    }

    private mutating func clear(_ index: Int) throws(LabError) {
        nodes[index].faults = []
        try FaultEffects(layout: layout, node: nodes[index]).apply()
    }
}
