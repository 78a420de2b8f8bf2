internal import Base
internal import Catalog
internal import KubeClient
internal import Synchronization

extension WorkloadSource {
    package func read(_ location: String) async throws -> [UInt8]? {
        if let key = typeKey(location) { return try readType(key) }
        guard let place = WorkloadLocation(parsing: location), place.cluster == cluster else {
            throw CatalogSourceError(.foreignLocation, id, "\(location) is not a workload of \(cluster)")
        }
        // Configured no more.
        guard let follower = followers[place.type] else { return nil }
        // Asked before the cache, which may become complete in between.
        let health = follower.health
        guard let object = follower.informer.cache.get(place.object) else {
            // What the cache lacks may only be out of sight.
            guard health == .good else { throw error(of: health) }
            forget(location)
            return nil
        }
        guard !object.isExcluded else {
            forget(location)
            return nil
        }
        guard let workload = workload(object, follower) else { throw error(of: .starting) }
        let namespace = try annotations(ofNamespace: workload.namespace, areNeeded: settings.inheritsOwner)
        let api = await resolve(workload, at: location)
        let entities = mapping.entities(of: workload, namespace: namespace, api: api)
        return Self.text(entities.definitions)
    }

    /// Objects that name the host of an API are asked of the API server; all others are in the caches.
    package func farHost(of location: String) async -> String? {
        guard let workload = workload(at: location), case .reference = mapping.registration(of: workload) else {
            return nil
        }
        return id.description
    }

    package func problems(at location: String) async -> [SourceProblem] {
        guard let workload = workload(at: location) else { return [] }
        let problems = mapping.entities(of: workload).problems.map { SourceProblem(ref: $0.ref, message: $0.message) }
        return problems + (apiProblems.withLock { $0[location] }.map { [$0] } ?? [])
    }

    static func text(_ definitions: [JSONObject]) -> [UInt8] {
        Array(definitions.map { JSONValue.object($0).serialized() }.joined(separator: Array("\n---\n".utf8)))
    }

    private func workload(at location: String) -> IngestedWorkload? {
        guard let place = WorkloadLocation(parsing: location), let follower = followers[place.type],
            let object = follower.informer.cache.get(place.object), !object.isExcluded
        else { return nil }
        return workload(object, follower)
    }

    func workload(_ object: IngestedObject, _ follower: WorkloadTypeFollower) -> IngestedWorkload? {
        follower.kind(of: object).map { IngestedWorkload(object, cluster: cluster, type: follower.type, kind: $0) }
    }

    private func typeKey(_ location: String) -> String? {
        let prefix = Self.location(ofType: "", in: cluster)
        return location.hasPrefix(prefix) ? String(location.dropFirst(prefix.count)) : nil
    }

    /// Nothing stands there but the reason why its type cannot be read.
    private func readType(_ key: String) throws -> [UInt8]? {
        guard let health = followers[key]?.health, case .failing = health else { return nil }
        throw error(of: health)
    }

    /// What the Namespace says; empty for none.
    ///
    /// - Throws: while Namespaces cannot be read, when what they say is needed.
    func annotations(ofNamespace name: String, areNeeded: Bool) throws -> [String: String] {
        if name.isEmpty { return [:] }
        let status = namespaces.status
        if let namespace = namespaces.cache.get(ObjectKey(name: name)) { return namespace.meta.annotations }
        if areNeeded, !status.isSynced || !status.isServed || status.lastError != nil {
            throw CatalogSourceError(
                .unreadable, id, "namespaces cannot be read: " + (status.lastError?.description ?? "not synced yet"))
        }
        return [:]
    }

    private func forget(_ location: String) { apiProblems.withLock { $0[location] = nil } }
}

extension IngestedWorkload {
    init(_ object: IngestedObject, cluster: String, type: IngestedType, kind: String) {
        self.init(
            cluster: cluster, namespace: object.meta.namespace, name: object.meta.name,
            uid: object.meta.uid.description,
            kind: kind, type: type, annotations: object.meta.annotations, selector: object.selector)
    }
}

extension WorkloadSource {
    /// Finds out where the definition of a workload's API is.
    private func resolve(_ workload: IngestedWorkload, at location: String) async -> ResolvedAPI? {
        let resolved: ResolvedAPI
        var isPassing = false
        switch mapping.registration(of: workload) {
        case nil:
            forget(location)
            return nil
        case .url(let url): resolved = .url(url)
        case .served(let url): resolved = .served(url)
        case .invalid(let message): resolved = .failed(message)
        case .reference(let reference):
            resolved = await url(of: reference, in: workload.namespace)
            isPassing = true
        }
        guard case .failed(let message) = resolved else {
            forget(location)
            return resolved
        }
        let ref = mapping.entities(of: workload, api: resolved).problems.compactMap(\.ref).first
        apiProblems.withLock { $0[location] = SourceProblem(ref: ref, message: message, isPassing: isPassing) }
        return resolved
    }

    /// The host that an object names may be anything, also a secret, so nothing that is read of it is told.
    private func url(of reference: APIResourceReference, in namespace: String) async -> ResolvedAPI {
        let name = "\(reference.kind) \(reference.name)"
        do {
            guard let path = try await path(of: reference, in: namespace) else {
                return .failed(
                    "The API's host cannot be read: the API server has no kind \(reference.kind) of \(reference.apiVersion)"
                )
            }
            let object = try await client.get(path)
            guard let host = reference.value(in: object), AllowedHosts.isHost(host) else {
                return .failed("The API's host cannot be read: \(name) has no host in the field that is named")
            }
            guard settings.apiHosts.allows(host: host, port: reference.port) else {
                return .failed(
                    "The API's host, which \(name) names, is not among kubernetesIngestor.apiFetch.allowedHosts")
            }
            return .served("\(reference.scheme)://\(host):\(reference.port)\(reference.path)")
        } catch {
            return .failed(
                "The API's host cannot be read from \(name): \((error as? KubernetesError)?.label ?? "cancelled")")
        }
    }

    private func path(of reference: APIResourceReference, in namespace: String) async throws -> String? {
        let parts = reference.apiVersion.split(separator: "/").map(String.init)
        let version =
            parts.count == 2 ? GroupVersion(group: parts[0], version: parts[1]) : GroupVersion(version: parts[0])
        let resources = try await client.get(version.path)["resources"]?.arrayValue ?? []
        let found = resources.first {
            $0["kind"]?.stringValue == reference.kind && $0["name"]?.stringValue?.contains("/") == false
        }
        guard let plural = found?["name"]?.stringValue, plural != "secrets" else { return nil }
        let isNamespaced = found?["namespaced"]?.boolValue == true
        // What lies in no namespace belongs to nobody who may only annotate workloads.
        guard isNamespaced, !namespace.isEmpty else { return nil }
        return Endpoint(version, plural).path(namespace: namespace, name: reference.name)
    }
}
