/// kmod's binary index: a trie from names to values, big-endian (kmod, `libkmod/libkmod-index.c`).
struct ModuleIndex {
    private final class Node {
        var children: [UInt8: Node] = [:]
        var values: [(priority: UInt32, text: String)] = []
    }

    private let root = Node()

    mutating func add(_ key: String, _ value: String, priority: Int = 0) {
        var node = root
        for byte in key.utf8 {
            let next = node.children[byte] ?? Node()
            node.children[byte] = next
            node = next
        }
        node.values.append((UInt32(priority), value))
    }

    var bytes: [UInt8] {
        var file = Self.bigEndian(0xB007_F457) + Self.bigEndian(0x0002_0001) + [0, 0, 0, 0]
        let offset = Self.write(root, to: &file)
        file.replaceSubrange(8..<12, with: Self.bigEndian(offset))
        return file
    }

    /// Writes children first, and gives the node's offset with the marks of what it holds.
    private static func write(_ start: Node, to file: inout [UInt8]) -> UInt32 {
        var node = start
        var prefix: [UInt8] = []
        while node.values.isEmpty, node.children.count == 1, let only = node.children.first {
            prefix.append(only.key)
            node = only.value
        }
        var offsets: [UInt8: UInt32] = [:]
        for (byte, child) in node.children.sorted(by: { $0.key < $1.key }) {
            offsets[byte] = write(child, to: &file)
        }
        var mark = UInt32(file.count)
        if !prefix.isEmpty {
            mark |= 0x8000_0000
            file += prefix + [0]
        }
        if let first = offsets.keys.min(), let last = offsets.keys.max() {
            mark |= 0x2000_0000
            file += [first, last]
            for byte in first...last { file += bigEndian(offsets[byte] ?? 0) }
        }
        if !node.values.isEmpty {
            mark |= 0x4000_0000
            file += bigEndian(UInt32(node.values.count))
            for value in node.values { file += bigEndian(value.priority) + Array(value.text.utf8) + [0] }
        }
        return mark
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        [UInt8(value >> 24), UInt8(value >> 16 & 0xff), UInt8(value >> 8 & 0xff), UInt8(value & 0xff)]
    }
}
