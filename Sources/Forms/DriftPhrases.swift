package import Fleet

extension Drift {
    package var phrase: String {
        switch self {
        case .corrective: "the node was changed"
        case .intentional: "the playbook was changed"
        }
    }
}
