package import Base

// The reads of ScaleOps' API, typed.
extension ScaleOpsClient {
    /// The workloads with all of these labels (`key=value`), of every cluster.
    package func workloads(labels: [String]) async throws(ScaleOpsError) -> ScaleOpsList<Shared<ScaleOpsWorkload>> {
        let body: JSONValue = ["label": .array(labels.map(JSONValue.string))]
        let request = ScaleOpsRequest(
            "POST", "/api/v1/dashboard/byNamespace", query: "multiCluster=true&logicalLabel=AND",
            body: body.serialized())
        return try await list("workloads", of: request) { ScaleOpsWorkload(&$0).map(Shared.init) }
    }

    /// What the workloads of a group cost.
    package func costs(
        of group: ScaleOpsGroup, labels: [String], range: ScaleOpsRange
    ) async throws(ScaleOpsError) -> ScaleOpsList<Shared<ScaleOpsCost>> {
        let body: JSONValue = [
            "clusterFilters": [.string(group.cluster)], "namespaces": [.string(group.namespace)],
            "workloadTypes": [.string(group.kind)], "labels": .array(labels.map(JSONValue.string)),
        ]
        let request = ScaleOpsRequest(
            "POST", "/detailedCostReport/getWorkloads", query: "multiCluster=true&range=\(range.rawValue)",
            cluster: group.cluster, body: body.serialized())
        return try await list("aggregatedWorkloads", of: request) {
            ScaleOpsCost(&$0, range: range).map(Shared.init)
        }
    }

    /// The clusters whose network costs ScaleOps follows.
    package func clustersWithNetworkCosts() async throws(ScaleOpsError) -> Set<String> {
        let request = ScaleOpsRequest("GET", "/api/v1/networkCost/networkCostEnabled", query: "multiCluster=true")
        let found = try await document(request) { view in
            view["networkCostEnabled"]?.value().objectValue ?? JSONObject()
        }
        return Set(found.filter { $0.value == true || $0.value == "true" }.map(\.key))
    }

    /// Where a workload sent to between two moments.
    package func networkDestinations(
        of workload: ScaleOpsWorkload, from: Timestamp, to: Timestamp
    ) async throws(ScaleOpsError) -> ScaleOpsList<ScaleOpsNetworkDestination> {
        let query = [
            ("name", workload.name), ("namespace", workload.namespace), ("workloadType", workload.kind),
            ("from", String(from.microseconds / 1_000)), ("to", String(to.microseconds / 1_000)),
        ]
        let request = ScaleOpsRequest(
            "GET", "/api/v1/workload-network",
            query: query.map { "\($0.0)=\(percentEncoded($0.1))" }.joined(separator: "&"),
            cluster: workload.cluster)
        return try await document(request) { root in
            var rows = ScaleOpsRows("destinations") { ScaleOpsNetworkDestination(&$0) }
            // The list may be all that there is.
            guard let list = root.isArray ? root : root["destinations"], !list.isNull else { return rows.list }
            guard list.isArray else { throw ScaleOpsFieldProblem(field: "destinations", detail: "expected a list") }
            list.forEachElement { rows.add($0) }
            return rows.list
        }
    }

    /// The policies of a cluster by name, as they are written.
    package func policies(cluster: String) async throws(ScaleOpsError) -> [String: JSONValue] {
        let request = ScaleOpsRequest("GET", "/api/v1/policies", cluster: cluster)
        let all = try await document(request) { $0["policies"]?.value().arrayValue ?? [] }
        let named = all.compactMap { policy in policy["metadata"]?["name"]?.stringValue.map { ($0, policy) } }
        return Dictionary(named) { first, _ in first }
    }
}

extension ScaleOpsClient {
    /// Reads a list row by row while it comes. What breaks off is asked for once more.
    private func list<Item: Sendable>(
        _ key: String, of request: ScaleOpsRequest, _ read: @escaping (inout ScaleOpsRow) -> Item?
    ) async throws(ScaleOpsError) -> ScaleOpsList<Item> {
        do {
            return try await rows(key, of: request, read)
        } catch  where error.code == .incomplete {
            return try await rows(key, of: request, read)
        }
    }

    private func rows<Item: Sendable>(
        _ key: String, of request: ScaleOpsRequest, _ read: @escaping (inout ScaleOpsRow) -> Item?
    ) async throws(ScaleOpsError) -> ScaleOpsList<Item> {
        var body = try await goodBody(of: request)
        var reader = ScaleOpsListReader(key, maximumBytes: manner.maximumBytes, read)
        while let bytes = try await body.next() {
            try decoding(request) { try reader.feed(bytes) }
        }
        return try decoding(request) { try reader.finish() }
    }

    /// Reads a document of an answer. What breaks off is asked for once more.
    private func document<Found>(
        _ request: ScaleOpsRequest, _ read: (JSONView) throws -> Found
    ) async throws(ScaleOpsError) -> Found {
        let bytes: [UInt8]
        do {
            bytes = try await wholeBody(of: request)
        } catch  where error.code == .incomplete {
            bytes = try await wholeBody(of: request)
        }
        return try decoding(request) {
            try bytes.withUnsafeBytes { buffer in
                try JSONParser().read(buffer) { root in
                    guard root.isObject || root.isArray else {
                        throw ScaleOpsFieldProblem(field: "the answer", detail: "expected an object")
                    }
                    return try read(root)
                }
            }
        }
    }

    /// What cannot be read is told with the request.
    private func decoding<Found>(
        _ request: ScaleOpsRequest, _ read: () throws -> Found
    ) throws(ScaleOpsError) -> Found {
        do {
            return try read()
        } catch {
            throw ScaleOpsError(.undecodable, endpoint, "\(request.shown): \(error)")
        }
    }

    private func wholeBody(of request: ScaleOpsRequest) async throws(ScaleOpsError) -> [UInt8] {
        var body = try await goodBody(of: request)
        return try await body.collect()
    }

    /// The body of an answer with a good status.
    private func goodBody(of request: ScaleOpsRequest) async throws(ScaleOpsError) -> ScaleOpsBody {
        var answer = try await open(request)
        guard (200...299).contains(answer.status) else {
            let bytes = try await answer.body.collect()
            let words = String(decoding: bytes.prefix(300), as: UTF8.self).split { $0.isNewline }.joined(separator: " ")
            throw ScaleOpsError(
                .refused, endpoint, "\(request.shown): answered \(answer.status)" + (words.isEmpty ? "" : ": \(words)"),
                status: answer.status)
        }
        return answer.body
    }
}
