/// Waits ordered by deadline: a binary heap. Ended waits stay in it until they come up or `keep` drops them.
struct DeadlineQueue {
    private var heap: [(deadline: ContinuousClock.Instant, id: WaiterID)] = []

    var count: Int { heap.count }

    mutating func insert(_ id: WaiterID, _ deadline: ContinuousClock.Instant) {
        heap.append((deadline, id))
        var child = heap.count - 1
        while child > 0, heap[child].deadline < heap[(child - 1) / 2].deadline {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func popExpired(now: ContinuousClock.Instant) -> WaiterID? {
        guard let first = heap.first, first.deadline <= now else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        sink(0)
        return first.id
    }

    mutating func keep(_ isWanted: (WaiterID) -> Bool) {
        heap.removeAll { !isWanted($0.id) }
        for parent in (0..<heap.count / 2).reversed() { sink(parent) }
    }

    /// Milliseconds until the first deadline, rounded up; -1 without one.
    func timeout(now: ContinuousClock.Instant) -> CInt {
        guard let first = heap.first else { return -1 }
        let left = max(.zero, now.duration(to: first.deadline))
        let (seconds, attoseconds) = left.components
        return CInt(min(seconds, 3600)) * 1000 + CInt((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }

    private mutating func sink(_ start: Int) {
        var parent = start
        while true {
            let children = (2 * parent + 1)..<min(2 * parent + 3, max(heap.count, 2 * parent + 1))
            guard let least = children.min(by: { heap[$0].deadline < heap[$1].deadline }),
                heap[least].deadline < heap[parent].deadline
            else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
