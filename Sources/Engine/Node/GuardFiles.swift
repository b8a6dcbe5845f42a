import Foundation

/// What `arm` leaves on a node: a script and the unit that starts it at every boot until it is decided.
enum GuardFiles {
    private static let script =
        PackageResources.guard_head_sh + PackageResources.guard_common_sh + PackageResources.guard_sh

    /// A line of base64 each, for standard input.
    static let input = Array(
        [script, PackageResources.guard_service].map { Data($0).base64EncodedString() + "\n" }.joined().utf8)
}
