public import Fleet

extension ServiceDocument {
    /// Where the parts of a configuration stand in its file.
    public struct Places: Sendable {
        let root: Tree

        /// Of what stands under these keys; where the last of them are left out, of what they would stand under.
        public subscript(keys: [String]) -> SourceLocation {
            var tree = root
            for key in keys {
                guard let next = tree[key] else { break }
                tree = next
            }
            return tree.location
        }
    }

    /// The same as `load`, with the places.
    public static func loadWithPlaces(_ path: String) throws(InvalidDocument) -> (ServiceConfiguration, Places) {
        try parseWithPlaces(try DocumentFile.text(path, kind: "config"), file: path)
    }
}
