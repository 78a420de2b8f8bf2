package import CatalogSources
package import Store

extension StoredWorkloads {
    package init(_ catalog: CatalogStore) {
        self.init {
            try await catalog.isDefining(location: $0)
        } hasLocation: {
            try await catalog.hasLocation(beginningWith: $0)
        }
    }
}
