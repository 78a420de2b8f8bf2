internal import Actions
internal import Base
internal import Catalog
internal import HTTPServer
internal import KubeClient
internal import Store

/// Backstage's Kubernetes plugin under `/api/kubernetes`, as far as it reads. Clusters are asked with Callboard's own
/// credentials, so the `auth` that clients send along is not looked at.
struct KubernetesRoutes {
    let store: Store
    let objects: KubernetesObjects

    /// Each is one list for each namespace and cluster.
    private static let maximumCustomResources = 50

    var routes: [Route] {
        [
            Route("/api/kubernetes/clusters") { request in
                try request.caller.check(.readClusters)
                let clusters = objects.directory.entries.map { JSONValue.object($0.definition.json(.inClusters)) }
                return .json(200, ["items": .array(clusters)])
            },
            Route("/api/kubernetes/resources/workloads/query", methods: ["POST"]) { request in
                let (entity, _) = try await entityOfRef(request)
                return try await answer(.workloads, entity)
            },
            Route("/api/kubernetes/resources/custom/query", methods: ["POST"]) { request in
                let (entity, body) = try await entityOfRef(request)
                let resources = try Self.customResources(body["customResources"])
                return try await answer(.custom(resources), entity)
            },
            // Deprecated. The entity comes with the request; the path names a service, but decides nothing.
            Route("/api/kubernetes/services/:serviceId", methods: ["POST"]) { request in
                try request.caller.check(.readClusterObjects)
                guard let entity = try Self.body(request)["entity"], !entity.isNull else {
                    throw ActionError(.input, "entity is a required field")
                }
                return try await answer(.workloads, entity)
            },
            Route("/api/kubernetes/proxy/*", methods: ["GET", "POST", "PUT", "PATCH", "DELETE"]) { request in
                ErrorResponse(
                    status: 501, name: "NotImplementedError",
                    message: "Callboard passes no requests on to clusters. Ask the cluster itself, or use "
                        + "/api/kubernetes/resources/workloads/query and /api/kubernetes/resources/custom/query"
                ).response(to: request.http)
            },
        ]
    }

    private func answer(_ demand: KubernetesObjects.Demand, _ entity: JSONValue) async throws -> HTTPServerResponse {
        let answer = await objects.objects(demand, of: try ObjectQuery(entity: entity))
        var response = HTTPServerResponse.json(bytes: [])
        response.body = .stream { [objects] writer in try await objects.send(answer) { try await writer.write($0) } }
        return response
    }

    /// The catalog's entity that the body names, and the body.
    private func entityOfRef(_ request: RouteRequest) async throws -> (entity: JSONValue, body: JSONValue) {
        try request.caller.check(.readClusterObjects)
        try request.caller.check(.readEntities)
        let body = try Self.body(request)
        let ref = try Self.ref(body["entityRef"] ?? .null)
        guard let entity = try await store.catalog.entity(ref: ref.canonical) else {
            throw ActionError(.input, "Entity ref missing, \(ref.canonical)")
        }
        return (try JSONValue(parsing: entity.document), body)
    }

    private static func body(_ request: RouteRequest) throws(ActionError) -> JSONValue {
        if request.http.body.isEmpty { return [:] }
        do {
            return try JSONValue(parsing: request.http.body)
        } catch {
            throw ActionError(.input, "The body is \(error)")
        }
    }

    /// What counts as absent is what JavaScript takes for false.
    private static func ref(_ value: JSONValue) throws(ActionError) -> EntityRef {
        if [.null, .bool(false), .int(0), ""].contains(value) {
            throw ActionError(.input, "entity is a required field")
        }
        guard let text = value.stringValue else { throw ActionError(.input, "entity query must be a string") }
        do {
            return try EntityRef(parsing: text)
        } catch {
            throw ActionError(.input, "Invalid entity ref, \(error)")
        }
    }

    private static func customResources(_ value: JSONValue?) throws(ActionError) -> [CustomResourceName] {
        guard let value, ![.null, .bool(false), .int(0), ""].contains(value) else {
            throw ActionError(.input, "customResources is a required field")
        }
        guard let list = value.arrayValue else { throw ActionError(.input, "customResources must be an array") }
        guard !list.isEmpty else { throw ActionError(.input, "at least 1 customResource is required") }
        guard list.count <= maximumCustomResources else {
            throw ActionError(.input, "at most \(maximumCustomResources) customResources are possible")
        }
        do {
            return try KubernetesObjectsConfiguration.customResources(value, path: "customResources")
        } catch {
            throw ActionError(.input, error.description)
        }
    }
}
