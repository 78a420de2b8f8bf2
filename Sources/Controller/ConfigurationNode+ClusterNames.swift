import Base

extension ConfigurationNode {
    /// Callboard's names of clusters by somebody else's.
    ///
    /// - Parameter product: whose names they are.
    func clusterNames(_ product: String) throws(ConfigurationError) -> [String: String] {
        guard let names = value.objectValue else { throw expected("names of clusters by those of \(product)") }
        var found: [String: String] = [:]
        for (theirs, value) in names {
            guard let ours = value.stringValue, !ours.isEmpty else {
                throw refused("expected a name for the cluster \(theirs), found \(value.typeName)")
            }
            guard !found.values.contains(ours) else { throw refused("the name \(ours) stands here twice") }
            found[theirs] = ours
        }
        return found
    }
}
