import Fleet
import Remote

/// The shell scripts that act on a node, kept as files so that they can be read and checked as what they are.
enum NodeScript {
    case lock
    case unlock
    case write
    case run
    case reboot
    case setGuest
    case stopGuests
    case startGuest
    case lookForGuests
    case migrateGuest
    case clusterLook
    case tellCluster
    case backups
    case arm
    case confirm
    case putBack
    case guardReport

    private var body: [UInt8] {
        switch self {
        case .lock: PackageResources.lock_sh
        case .unlock: PackageResources.unlock_sh
        case .write: PackageResources.write_sh
        case .run: PackageResources.run_sh
        case .reboot: PackageResources.reboot_sh
        case .setGuest: PackageResources.guest_set_sh
        case .stopGuests: PackageResources.guests_stop_sh
        case .startGuest: PackageResources.guest_start_sh
        case .lookForGuests: PackageResources.guests_look_sh
        case .migrateGuest: PackageResources.guest_migrate_sh
        case .clusterLook: PackageResources.cluster_look_sh
        case .tellCluster: PackageResources.cluster_set_sh
        case .backups: PackageResources.backups_sh
        case .arm: PackageResources.arm_sh
        case .confirm: PackageResources.confirm_sh
        case .putBack: PackageResources.put_back_sh
        case .guardReport: PackageResources.guard_report_sh
        }
    }

    /// What the node's login shell gets: one `sh` with the script and its arguments, each a quoted word.
    func command(
        nonce: String, token: FencingToken?, arguments: [String], input: [UInt8], limits: RemoteCommand.Limits
    ) -> RemoteCommand {
        let script = String(
            decoding: PackageResources.prelude_sh + PackageResources.guard_common_sh + body, as: UTF8.self)
        let number = token.map { String($0.number) } ?? "0"
        let words = [script, "vfiofleet", nonce, number, token?.rollout.description ?? "-"] + arguments
        let text = "exec sh -c " + words.map(ShellQuoting.quote).joined(separator: " ")
        return RemoteCommand(text, standardInput: input, limits: limits)
    }

    /// A word that no login message can contain by chance.
    static func nonce() -> String {
        var generator = SystemRandomNumberGenerator()
        return String(generator.next(), radix: 36) + String(generator.next(), radix: 36)
    }
}
