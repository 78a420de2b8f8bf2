internal import Base
internal import HTTPClient

/// The Leases of a namespace. Each call says how long it may take, and fails at once when the server is busy: those who
/// hold leases have loops of their own, which must know the time.
package struct LeaseCollection: Sendable {
    static let endpoint = Endpoint(GroupVersion(group: "coordination.k8s.io", version: "v1"), "leases")

    private let client: KubernetesClient
    private let namespace: String

    /// - Parameter client: best one of its own, whose connections nobody else keeps busy.
    package init(client: KubernetesClient, namespace: String) {
        self.client = client
        self.namespace = namespace
    }

    /// The lease of a name; nil when there is none.
    ///
    /// - Throws: `KubernetesError`.
    package func get(_ name: String, within limit: Duration) async throws -> Lease? {
        do {
            return try await lease("GET", name, nil, limit)
        } catch let error as KubernetesError where error.code == .notFound {
            return nil
        }
    }

    /// Makes a lease.
    ///
    /// - Throws: `KubernetesError`; `alreadyExists` when the name is taken.
    package func create(
        _ name: String, labels: [String: String] = [:], annotations: [String: String] = [:], _ record: LeaseRecord,
        within limit: Duration
    ) async throws -> Lease {
        let document = Lease.document(name: name, labels: labels, annotations: annotations, record: record)
        return try await lease("POST", nil, document, limit)
    }

    /// Replaces a lease as it was read.
    ///
    /// - Throws: `KubernetesError`; `conflict` when it has been changed since.
    package func update(_ lease: Lease, to record: LeaseRecord, within limit: Duration) async throws -> Lease {
        try await self.lease("PUT", lease.name, lease.document(with: record), limit)
    }

    /// Every lease with these labels.
    ///
    /// - Parameter labelSelector: such as `callboard.dev/component=leader-election`.
    /// - Throws: `KubernetesError`.
    package func list(labelSelector: String, within limit: Duration) async throws -> [Lease] {
        let request = KubernetesRequest(
            "GET", Self.endpoint.path(namespace: namespace), query: [("labelSelector", labelSelector)])
        let document = try await json(request, limit)
        return (document["items"]?.arrayValue ?? []).compactMap { item in
            guard case .object(var object) = item else { return nil }
            // Items of lists come without them.
            object["apiVersion"] = .string(Self.endpoint.groupVersion.description)
            object["kind"] = "Lease"
            return Lease(.object(object))
        }
    }

    /// Deletes a lease, if it still is as it was read when that is given. One that is gone already is no error.
    ///
    /// - Throws: `KubernetesError`; `conflict` when it has been changed since.
    package func delete(_ name: String, as read: Lease? = nil, within limit: Duration) async throws {
        var request = KubernetesRequest("DELETE", Self.endpoint.path(namespace: namespace, name: name))
        if let read {
            let options: JSONValue = ["preconditions": ["resourceVersion": .string(read.resourceVersion.text)]]
            request.body = options.serialized()
        }
        do {
            _ = try await client.send(request, within: limit)
        } catch let error as KubernetesError where error.code == .notFound {}
    }

    private func lease(_ method: String, _ name: String?, _ body: JSONValue?, _ limit: Duration) async throws -> Lease {
        let request = KubernetesRequest(
            method, Self.endpoint.path(namespace: namespace, name: name), body: body?.serialized())
        guard let lease = Lease(try await json(request, limit)) else {
            throw KubernetesError(
                code: .undecodable, request: request.description, detail: "the answer is no Lease with name and version"
            )
        }
        return lease
    }

    private func json(_ request: KubernetesRequest, _ limit: Duration) async throws -> JSONValue {
        let body = try await client.send(request, within: limit).body
        do {
            return try JSONValue(parsing: body)
        } catch {
            throw KubernetesError(code: .undecodable, request: request.description, detail: "\(error)")
        }
    }
}
