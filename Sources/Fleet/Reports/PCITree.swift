/// The PCI functions of a node as a forest: each bridge above the functions behind it.
public struct PCITree: Hashable, Sendable {
    public var function: PCIFunction
    public var children: [PCITree]

    /// The roots in address order. A function whose parent is not listed is a root itself.
    public static func forest(of functions: [PCIFunction]) -> [PCITree] {
        let known = Set(functions.map(\.address))
        let byParent = Dictionary(grouping: functions) { function in
            function.parent.flatMap { known.contains($0) && $0 != function.address ? $0 : nil }
        }
        return grow(byParent[nil] ?? [], byParent)
    }

    // A loop of parents has no root, so it is never entered: depth is bounded by the number of functions.
    private static func grow(_ functions: [PCIFunction], _ byParent: [PCIAddress?: [PCIFunction]]) -> [PCITree] {
        functions.sorted { $0.address < $1.address }.map { function in
            PCITree(function: function, children: grow(byParent[function.address] ?? [], byParent))
        }
    }

    /// The lines of a drawing with `├─`, `└─` and `│`, each beside its function.
    public static func drawing(of forest: [PCITree], indent: String = "") -> [(prefix: String, function: PCIFunction)] {
        forest.enumerated().flatMap { index, tree in
            let isLast = index == forest.count - 1
            let line = (prefix: indent + (isLast ? "└─ " : "├─ "), function: tree.function)
            return [line] + drawing(of: tree.children, indent: indent + (isLast ? "   " : "│  "))
        }
    }
}
