internal import Base

/// What a server serves, asked once for each group version.
actor Discovery {
    /// The plurals of each group version that the server has.
    private var served: [GroupVersion: Set<String>] = [:]
    private var asking: [GroupVersion: Task<Set<String>?, any Error>] = [:]

    /// The plurals of a group version, or nil when the server does not have it. That answer is not kept: the group may
    /// come at any time.
    func resources(
        of groupVersion: GroupVersion, ask: @escaping @Sendable () async throws -> Set<String>?
    ) async throws -> Set<String>? {
        if let known = served[groupVersion] { return known }
        let task = asking[groupVersion] ?? Task { try await ask() }
        asking[groupVersion] = task
        defer { asking[groupVersion] = nil }
        let found = try await task.value
        if let found { served[groupVersion] = found }
        return found
    }

    /// Asks again the next time.
    func forget(_ groupVersions: [GroupVersion]) {
        for groupVersion in groupVersions { served[groupVersion] = nil }
    }
}

extension KubernetesClient {
    /// Where the server serves a resource: at the newest version that both know. Nil when it does not serve the
    /// resource, which is no error: the cluster is older, or an extension is not installed.
    ///
    /// - Throws: `KubernetesError`.
    package func endpoint<Object>(of resource: Resource<Object>) async throws -> Endpoint? {
        try await endpoint(of: resource.plural, versions: resource.versions)
    }

    /// Where the server serves a resource, at the first of these versions that it has.
    ///
    /// - Throws: `KubernetesError`.
    package func endpoint(of plural: String, versions: [GroupVersion]) async throws -> Endpoint? {
        for version in versions {
            let plurals = try await discovery.resources(of: version) { try await self.resources(of: version) }
            if plurals?.contains(plural) == true { return Endpoint(version, plural) }
        }
        return nil
    }

    /// Forgets what the server said about a resource: it turned out not to be so.
    func forgetEndpoint<Object>(of resource: Resource<Object>) async {
        await discovery.forget(resource.versions)
    }

    private func resources(of groupVersion: GroupVersion) async throws -> Set<String>? {
        do {
            let list = try await get(groupVersion.path)
            let names = (list["resources"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
            return Set(names)
        } catch let error as KubernetesError where error.code == .notFound {
            return nil
        }
    }
}
