internal import Catalog
internal import KubeClient
internal import Store

// What the author of a catalog file in a cluster must know, where they look: at the object that holds it.
extension CatalogReconciler {
    private static let action = "ReadCatalog"

    /// Reports what is wrong with the documents that a location holds.
    func report(_ content: LocationContent, of object: ObjectReference) {
        guard case .documents(let documents) = content.outcome else { return }
        let problems = documents.flatMap(\.problems).map(\.description)
        if let first = problems.first {
            let others = problems.count > 1 ? "; \(problems.count - 1) more" : ""
            record("InvalidCatalogDocument", first + others, object)
        }
        for entity in documents.compactMap(\.entity) {
            for item in Self.status(entity) where item.level == .error {
                record("InvalidSelector", "\(entity.ref.canonical): \(item.message)", object)
            }
        }
    }

    private func record(_ reason: String, _ note: String, _ object: ObjectReference) {
        events?.record(
            EventReport(regarding: object, severity: .warning, reason: reason, action: Self.action, note: note))
    }
}
