// The requests that the steps send.
extension Informer {
    /// Waking up for each event of a busy watch costs more than the event; people do not see 100 ms.
    private static var gatherTime: Duration { .milliseconds(100) }

    /// A list that stalls for so long has failed; the server gives up after as long.
    private static var listIdleLimit: Duration { .seconds(60) }

    func listRequest(_ list: ReflectorMachine.ListRequest, _ endpoint: Endpoint) -> KubernetesRequest {
        var query = selection.query
        if let version = list.resourceVersion {
            query.append(("resourceVersion", version.text))
            // What servers before 1.19, which do not know the match, do as well.
            if version != "0" { query.append(("resourceVersionMatch", "NotOlderThan")) }
        }
        if let limit = list.limit { query.append(("limit", "\(limit)")) }
        if let token = list.continueToken { query.append(("continue", token)) }
        return listRequest(endpoint, query)
    }

    /// Without a version the answer is at the newest of etcd.
    func probeRequest(_ endpoint: Endpoint) -> KubernetesRequest {
        listRequest(endpoint, selection.query + [("limit", "1")])
    }

    private func listRequest(_ endpoint: Endpoint, _ query: [(name: String, value: String)]) -> KubernetesRequest {
        var request = request(endpoint, query, accept: resource.form.listType, idleLimit: Self.listIdleLimit)
        // Servers compress lists alone.
        request.acceptsCompression = true
        return request
    }

    func watchRequest(
        from version: ResourceVersion, for seconds: Int, _ endpoint: Endpoint
    ) -> KubernetesRequest {
        let query = watchQuery(for: seconds) + [("resourceVersion", version.text)]
        return watch(endpoint, query, idleLimit: silenceLimit)
    }

    /// A watch that begins with all objects and then says so (KEP-3157).
    func streamRequest(
        notOlderThan version: ResourceVersion?, for seconds: Int, _ endpoint: Endpoint
    ) -> KubernetesRequest {
        var query = watchQuery(for: seconds)
        query += [("sendInitialEvents", "true"), ("resourceVersionMatch", "NotOlderThan")]
        if let version { query.append(("resourceVersion", version.text)) }
        return watch(endpoint, query, idleLimit: streamSilenceLimit)
    }

    private func watch(
        _ endpoint: Endpoint, _ query: [(name: String, value: String)], idleLimit: Duration
    ) -> KubernetesRequest {
        var request = request(endpoint, query, accept: resource.form.watchType, idleLimit: idleLimit)
        request.gatherTime = Self.gatherTime
        return request
    }

    private func watchQuery(for seconds: Int) -> [(name: String, value: String)] {
        selection.query + [("watch", "1"), ("allowWatchBookmarks", "true"), ("timeoutSeconds", "\(seconds)")]
    }

    private func request(
        _ endpoint: Endpoint, _ query: [(name: String, value: String)], accept: String, idleLimit: Duration
    ) -> KubernetesRequest {
        let path = endpoint.path(namespace: resource.isNamespaced ? selection.namespace : nil)
        var request = KubernetesRequest("GET", path, query: query, accept: accept)
        (request.totalTimeout, request.idleTimeout) = (nil, idleLimit)
        return request
    }
}
