/// What the catalog holds of what workloads gave, also before this process began.
package struct StoredWorkloads: Sendable {
    /// Whether an entity is defined by the location.
    let defines: @Sendable (_ location: String) async throws -> Bool
    /// Whether any location begins with the text.
    let hasLocation: @Sendable (_ prefix: String) async throws -> Bool

    package init(
        defines: @escaping @Sendable (_ location: String) async throws -> Bool,
        hasLocation: @escaping @Sendable (_ prefix: String) async throws -> Bool
    ) {
        self.defines = defines
        self.hasLocation = hasLocation
    }
}
