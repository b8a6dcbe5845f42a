public import Fleet
import Probe
public import Remote

/// Opens nodes through a connector.
public struct RemoteNodeOpener: NodeOpener {
    let connector: any RemoteConnector
    let controller: String
    private let reader = AnswerReader()

    /// `controller`: who acts, as an admin on the node shall read it in the lock: `alice@controller`.
    public init(connector: any RemoteConnector, controller: String) {
        self.connector = connector
        self.controller = controller
    }

    /// Connects and logs in; `ConnectionSettings.become` is the connector's work, so the shell is root's.
    public func open(_ node: Node) async throws(NodeFailure) -> any NodeOperations {
        do {
            return RemoteNode(
                shell: try await connector.connect(to: node.name, with: node.connection), controller: controller,
                reader: reader)
        } catch {
            throw .remote(error)
        }
    }
}
