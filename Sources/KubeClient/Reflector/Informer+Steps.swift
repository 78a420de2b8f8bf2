internal import Base
internal import HTTPClient

// The two steps that talk to the server. Each performs an action of the machine and returns the next one.
extension Informer {
    /// A list that stalls for so long has failed; the server gives up after as long.
    private static var listIdleLimit: Duration { .seconds(60) }

    /// Lists, or reads the next page of a list.
    func list(
        _ request: ReflectorMachine.ListRequest, _ reflection: inout Reflection
    ) async -> ReflectorMachine.Action {
        do {
            guard let endpoint = try await client.endpoint(of: resource) else { return notServed(&reflection) }
            if request.continueToken == nil { cache.beginList() }
            let metadata = try await read(listRequest(request, endpoint), &reflection)
            if metadata.continueToken.isEmpty { completeList() }
            return reflection.next(after: .listed(metadata))
        } catch {
            return await failed(note(error, "list"), &reflection)
        }
    }

    /// Watches until the stream ends or has to be given up.
    func watch(
        from version: ResourceVersion, for seconds: Int, _ reflection: inout Reflection
    ) async -> ReflectorMachine.Action {
        do {
            guard let endpoint = try await client.endpoint(of: resource) else { return notServed(&reflection) }
            let stream = try await client.open(watchRequest(from: version, for: seconds, endpoint))
            update { ($0.watches, $0.lastError) = ($0.watches + 1, nil) }
            return try await follow(stream, &reflection)
        } catch {
            // Silence is no failure: old servers send no bookmarks for a resource that never changed, and some servers and
            // proxies hold back even the header until there is something to send. If the server is really gone, the list
            // that follows will say so.
            if KubernetesError(any: error, request: "watch").code == .timeout {
                logger.debug("a watch was silent; listing anew")
                return reflection.next(after: .silent)
            }
            return await failed(note(error, "watch"), &reflection)
        }
    }

    private func failed(
        _ failure: KubernetesError, _ reflection: inout Reflection
    ) async -> ReflectorMachine.Action {
        guard failure.code == .notFound else { return reflection.next(after: .failed(ReflectorFailure(failure))) }
        await client.forgetEndpoint(of: resource)
        return notServed(&reflection)
    }

    private func notServed(_ reflection: inout Reflection) -> ReflectorMachine.Action {
        update { $0.isServed = false }
        markSynced()
        return reflection.next(after: .failed(ReflectorFailure(.notServed)))
    }

    private func completeList() {
        sweep()
        update {
            $0.lists += 1
            ($0.isServed, $0.lastError, $0.lastEventAt) = (true, nil, .now())
        }
        markSynced()
        let isFirst = status.lists == 1
        let fields: JSONObject = ["objects": .int(Int64(cache.count))]
        if isFirst { logger.info("list complete", fields) } else { logger.debug("list complete", fields) }
    }

    private func note(_ error: any Error, _ step: String) -> KubernetesError {
        let failure = KubernetesError(any: error, request: "\(step) \(resource.plural)")
        // Cancelling is how an informer is stopped.
        guard failure.code != .cancelled else { return failure }
        update { ($0.failures, $0.lastError) = ($0.failures + 1, failure) }
        logger.warning("\(step) failed", ["reason": .string(failure.label), "error": .string(failure.description)])
        return failure
    }
}

// MARK: Reading

extension Informer {
    private func read(
        _ request: KubernetesRequest, _ reflection: inout Reflection
    ) async throws -> ListMetadata {
        let stream = try await client.open(request)
        var decoder = ListDecoder()
        while let chunk = try await stream.next() {
            try chunk.withUnsafeBytes { bytes in
                try decoder.feed(bytes) { put(try resource.decode($0, &reflection.context), .list) }
            }
        }
        try decoder.finish()
        return decoder.metadata
    }

    private func follow(
        _ stream: HTTPStream, _ reflection: inout Reflection
    ) async throws -> ReflectorMachine.Action {
        var decoder = WatchDecoder()
        var action = ReflectorMachine.Action.read
        while action == .read {
            guard let chunk = try await nextChunk(of: stream, &action, &reflection) else { break }
            try chunk.withUnsafeBytes { bytes in
                try decoder.feed(bytes) { event in
                    // What stands behind an error is not read.
                    guard action == .read, let result = try apply(event, &reflection) else { return }
                    action = reflection.next(after: result)
                }
            }
        }
        return action
    }

    /// The next bytes; nil when the stream is over, and then `action` is what comes after.
    private func nextChunk(
        of stream: HTTPStream, _ action: inout ReflectorMachine.Action, _ reflection: inout Reflection
    ) async throws -> [UInt8]? {
        do {
            if let chunk = try await stream.next() { return chunk }
            action = reflection.next(after: .ended)
        } catch let error as HTTPClientError where error.code == .connectionLost {
            // A cut does not differ from an end: the next watch goes on from the last complete event.
            action = reflection.next(after: .ended)
        }
        return nil
    }

    /// Applies an event of a watch; nil when it is of a type that we do not know.
    private func apply(
        _ event: WatchEvent, _ reflection: inout Reflection
    ) throws -> ReflectorMachine.Event? {
        switch event.type {
        case .added, .modified:
            let object = try resource.decode(event.object, &reflection.context)
            put(object, .watch)
            return sawObject(object.meta.resourceVersion)
        case .deleted:
            let object = try resource.decode(event.object, &reflection.context)
            remove(object.key)
            return sawObject(object.meta.resourceVersion)
        case .bookmark:
            update { $0.lastEventAt = .now() }
            // A bookmark is an object with nothing but its version.
            return .bookmark(try resource.decode(event.object, &reflection.context).meta.resourceVersion)
        case .error:
            let status = try Status(from: event.object)
            return .failed(ReflectorFailure(note(KubernetesError(status, request: "event"), "watch")))
        case .unknown(let type):
            logger.warning("unknown type of watch event", ["type": .string(type)])
            return nil
        }
    }

    private func sawObject(_ version: ResourceVersion) -> ReflectorMachine.Event {
        update { ($0.events, $0.lastEventAt) = ($0.events + 1, .now()) }
        return .object(version)
    }
}

// MARK: Requests

extension Informer {
    private func listRequest(_ list: ReflectorMachine.ListRequest, _ endpoint: Endpoint) -> KubernetesRequest {
        var query = selection.query
        if let version = list.resourceVersion { query.append(("resourceVersion", version.text)) }
        if let limit = list.limit { query.append(("limit", "\(limit)")) }
        if let token = list.continueToken { query.append(("continue", token)) }
        return request(endpoint, query, accept: KubernetesRequest.protobuf, idleLimit: Self.listIdleLimit)
    }

    private func watchRequest(
        from version: ResourceVersion, for seconds: Int, _ endpoint: Endpoint
    ) -> KubernetesRequest {
        let query =
            selection.query + [
                ("watch", "1"), ("resourceVersion", version.text), ("allowWatchBookmarks", "true"),
                ("timeoutSeconds", "\(seconds)"),
            ]
        return request(
            endpoint, query, accept: KubernetesRequest.protobuf + ";stream=watch", idleLimit: silenceLimit)
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
