import Fleet
import FoundationEssentials

/// The order to set a guest's options: a line of standard input for each, `KEY BEFORE AFTER`.
struct GuestOrder {
    let change: GuestChange

    /// Refuses what is no option of a guest's configuration.
    init(_ change: GuestChange) throws(NodeFailure) {
        for option in change.options where !Self.isAllowed(option) {
            throw .refused(.optionInvalid(option), nil)
        }
        self.change = change
    }

    var input: [UInt8] {
        change.options.map { "\($0.key) \(Self.word($0.before)) \(Self.word($0.after))\n" }.joined().utf8.map(\.self)
    }

    private static func word(_ value: String?) -> String {
        value.map { "=" + Data($0.utf8).base64EncodedString() } ?? "-"
    }

    /// What `qm set` takes that is no option of the guest.
    private static let switches: Set = [
        "background_delay", "delete", "digest", "force", "lock", "revert", "skiplock", "vmid",
    ]

    private static func isAllowed(_ option: GuestChange.Option) -> Bool {
        guard let first = option.key.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first),
            option.key.utf8.allSatisfy({ isKeyByte($0) }), !switches.contains(option.key), option.after != ""
        else { return false }
        return [option.before, option.after].compactMap(\.self).allSatisfy { value in
            value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
        }
    }

    private static func isKeyByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

extension FleetError {
    fileprivate static func optionInvalid(_ option: GuestChange.Option) -> FleetError {
        FleetError(
            "guest-option-invalid",
            "\(option.key.printableLine) = \(option.after?.printableLine ?? "unset") is no option that can be set.",
            advice: "An option has a lower-case name and a value of one line that is not empty.")
    }
}
