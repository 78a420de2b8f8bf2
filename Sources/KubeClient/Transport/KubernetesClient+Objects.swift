package import Base
internal import HTTPClient

// Reading and writing single objects in JSON, the form in which any kind can be handled. Paths are made with
// `Endpoint.path` or written out.
extension KubernetesClient {
    /// The object at a path.
    ///
    /// - Throws: `KubernetesError`; `notFound` when there is none.
    package func get(_ path: String, query: [(name: String, value: String)] = []) async throws -> JSONValue {
        try await json(KubernetesRequest("GET", path, query: query))
    }

    /// Creates an object in a collection and returns it as the server keeps it.
    ///
    /// - Throws: `KubernetesError`; `alreadyExists` when the name is taken.
    package func create(_ path: String, _ object: JSONValue) async throws -> JSONValue {
        try await json(KubernetesRequest("POST", path, body: object.serialized()))
    }

    /// How a patch's body is to be understood.
    package enum PatchKind: String, Sendable {
        case merge = "application/merge-patch+json"
        case json = "application/json-patch+json"
        /// Server-side apply; needs the query item `fieldManager`.
        case apply = "application/apply-patch+yaml"
    }

    /// Changes the object at a path and returns it as the server keeps it.
    package func patch(
        _ path: String, _ kind: PatchKind = .merge, _ patch: JSONValue, query: [(name: String, value: String)] = []
    ) async throws -> JSONValue {
        try await json(
            KubernetesRequest("PATCH", path, query: query, body: patch.serialized(), contentType: kind.rawValue))
    }

    /// Deletes the object at a path.
    ///
    /// - Parameter gracePeriodSeconds: nil: as the object says; 0: at once.
    /// - Throws: `KubernetesError`; `notFound` when there is none.
    package func delete(_ path: String, gracePeriodSeconds: Int? = nil) async throws {
        var query: [(name: String, value: String)] = []
        if let gracePeriodSeconds { query.append(("gracePeriodSeconds", "\(gracePeriodSeconds)")) }
        _ = try await send(KubernetesRequest("DELETE", path, query: query))
    }

    private func json(_ request: KubernetesRequest) async throws -> JSONValue {
        let response = try await send(request)
        do {
            return try JSONValue(parsing: response.body)
        } catch {
            throw KubernetesError(code: .undecodable, request: request.description, detail: "\(error)")
        }
    }
}
