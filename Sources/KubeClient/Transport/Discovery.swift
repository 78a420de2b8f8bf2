internal import Base

/// What a server serves, asked once for each group version.
actor Discovery {
    /// The plurals of each group version that the server has.
    private var served: [GroupVersion: Set<String>] = [:]
    /// As many as there are group versions that the program names.
    private var asking: [GroupVersion: SharedWork<Set<String>?>] = [:]

    /// The plurals of a group version, or nil when the server does not have it. That answer is not kept: the group may
    /// come at any time.
    ///
    /// - Throws: what `ask` throws; `CancellationError`.
    func resources(
        of groupVersion: GroupVersion, ask: @escaping @Sendable () async throws -> Set<String>?
    ) async throws -> Set<String>? {
        if let known = served[groupVersion] { return known }
        let work = asking[groupVersion] ?? SharedWork()
        asking[groupVersion] = work
        return try await work.value {
            let found = try await ask()
            if let found { await self.keep(found, of: groupVersion) }
            return found
        }
    }

    private func keep(_ plurals: Set<String>, of groupVersion: GroupVersion) { served[groupVersion] = plurals }

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
            let plurals = try await served(version)
            if plurals?.contains(plural) == true { return Endpoint(version, plural) }
        }
        return nil
    }

    /// Forgets what the server said about a resource: it turned out not to be so.
    func forgetEndpoint<Object>(of resource: Resource<Object>) async {
        await discovery.forget(resource.versions)
    }

    private func served(_ groupVersion: GroupVersion) async throws(KubernetesError) -> Set<String>? {
        do {
            return try await discovery.resources(of: groupVersion) { try await self.resources(of: groupVersion) }
        } catch {
            throw KubernetesError(any: error, request: "GET \(groupVersion.path)")
        }
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
