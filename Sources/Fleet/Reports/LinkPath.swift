/// How wide and fast the way from a function to the host is: its narrowest link counts, for a card may have a switch of
/// its own, whose inner links are always whole.
public struct LinkPath: Hashable, Sendable, Codable {
    public var width: Int?
    /// What both ends of that link could do.
    public var possibleWidth: Int?
    /// GT/s; falls at idle, so that a low one alone means nothing.
    public var speed: Double?
    public var possibleSpeed: Double?
    public var state: State

    public enum State: String, Hashable, Sendable, Codable {
        case full
        /// The slot, a riser or the card's own connector has fewer lanes than the card's chip.
        case limited
        /// Some link is narrower than both its ends could be: a bad contact, dust, a riser, a failing card.
        case degraded
        case unknown
    }

    /// Nil = no link of the way is known: the function is part of the chipset or the processor.
    init?(of function: PCIFunction, among functions: [PCIAddress: PCIFunction]) {
        let hops = Self.hops(from: function, functions)
        guard !hops.isEmpty else { return nil }
        width = hops.compactMap(\.width).min()
        possibleWidth = hops.compactMap(\.possibleWidth).min()
        speed = hops.compactMap(\.speed).min()
        possibleSpeed = hops.compactMap(\.possibleSpeed).min()
        guard let possible = possibleWidth, hops.contains(where: { $0.width != nil }) else {
            state = .unknown
            return
        }
        let isNarrower = hops.contains { hop in
            if let width = hop.width, let possible = hop.possibleWidth { width < possible } else { false }
        }
        state = isNarrower ? .degraded : possible < function.link?.maximumWidth ?? 0 ? .limited : .full
    }

    private struct Hop {
        var width: Int?
        var possibleWidth: Int?
        var speed: Double?
        var possibleSpeed: Double?

        /// A function and the port above it are the two ends of one link; a function tells its present state.
        init?(_ lower: PCILink?, _ upper: PCILink?) {
            guard let lower, lower.maximumWidth != nil else { return nil }
            width = lower.currentWidth
            possibleWidth = [lower.maximumWidth, upper?.maximumWidth].compactMap(\.self).min()
            speed = lower.currentSpeed
            possibleSpeed = [lower.maximumSpeed, upper?.maximumSpeed].compactMap(\.self).min()
        }
    }

    /// From the function to the root port. Inside a switch, from its lower to its upper port, there is no link.
    private static func hops(from function: PCIFunction, _ functions: [PCIAddress: PCIFunction]) -> [Hop] {
        var hops: [Hop] = []
        var seen: Set<PCIAddress> = []
        var lower = function
        while seen.insert(lower.address).inserted, let port = lower.parent.flatMap({ functions[$0] }) {
            if let hop = Hop(lower.link, port.link) { hops.append(hop) }
            guard let upper = port.parent.flatMap({ functions[$0] }) else { break }
            lower = upper
        }
        return hops
    }
}
