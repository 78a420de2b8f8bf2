internal import Base
internal import HTTPClient

// Reading what the server sends, and applying it.
extension Informer {
    /// Reads a list, or a page of one, into the cache.
    func read(_ request: KubernetesRequest, _ reflection: inout Reflection) async throws -> ListMetadata {
        let stream = try await open(request)
        var decoder = resource.form.listDecoder()
        var chunk: [UInt8] = []
        while try await stream.next(into: &chunk) {
            try chunk.withUnsafeBytes { bytes in
                try decoder.feed(bytes) { try putListed(decoded($0, &reflection), &reflection) }
            }
        }
        try decoder.finish()
        return decoder.metadata
    }

    /// The version of a list, whose objects are passed over.
    func version(_ request: KubernetesRequest) async throws -> ResourceVersion {
        let stream = try await open(request)
        var decoder = resource.form.listDecoder()
        while let chunk = try await stream.next() { try chunk.withUnsafeBytes { try decoder.feed($0) { _ in } } }
        try decoder.finish()
        return decoder.metadata.resourceVersion
    }

    /// Follows a watch or a streamed list to its end.
    func follow(_ stream: HTTPStream, _ reflection: inout Reflection) async throws -> ReflectorMachine.Action {
        try checkType(stream)
        var decoder = resource.form.watchDecoder()
        var action = ReflectorMachine.Action.read
        var isList = reflection.isReceivingList
        var chunk: [UInt8] = []
        var lastEvent = ContinuousClock.now
        while action == .read {
            let isOpen = try await read(stream, into: &chunk)
            var hadEvent = false
            func take(_ event: WatchEvent) throws {
                // What stands behind an error is not read.
                guard action == .read else { return }
                hadEvent = true
                guard let result = try apply(event, &reflection) else { return }
                action = reflection.next(after: result)
            }
            if isOpen {
                try chunk.withUnsafeBytes { try decoder.feed($0, event: take) }
                if hadEvent { lastEvent = .now } else { try checkAge(of: lastEvent) }
                if isList, !reflection.isReceivingList, action == .read {
                    isList = false
                    stream.setIdleTimeout(silenceLimit)
                    await client.streamingLists.succeeded()
                }
            } else {
                try decoder.finish(event: take)
                if action == .read { action = reflection.next(after: .ended) }
            }
        }
        return action
    }

    /// Bytes without events, such as the blank lines by which something on the way keeps a connection open, are silence
    /// too.
    private func checkAge(of lastEvent: ContinuousClock.Instant) throws {
        guard .now - lastEvent > silenceLimit else { return }
        throw KubernetesError(
            code: .timeout, request: "watch \(resource.plural)", detail: "no event came for \(silenceLimit)")
    }

    private func open(_ request: KubernetesRequest) async throws -> HTTPStream {
        let stream = try await client.open(request)
        try checkType(stream)
        return stream
    }

    /// A login page or an error of a proxy may come with status 200.
    private func checkType(_ stream: HTTPStream) throws {
        guard let header = stream.headers["Content-Type"] else { return }
        let type = String(header.prefix { $0 != ";" && $0 != " " })
        guard !equalIgnoringASCIICase(type, resource.form.mediaType) else { return }
        throw KubernetesError(
            code: .undecodable, request: "read \(resource.plural)",
            detail: "the answer has the content type \(type.prefix(100)), not \(resource.form.mediaType)")
    }

    /// The next bytes; false when the stream is over. A cut does not differ from an end: the next watch goes on from the
    /// last complete event.
    private func read(_ stream: HTTPStream, into chunk: inout [UInt8]) async throws -> Bool {
        do {
            return try await stream.next(into: &chunk)
        } catch let error as HTTPClientError where error.code == .connectionLost {
            return false
        }
    }

    // What comes by the ten thousand has code of its own: measured, a seventh of the processor time of a whole list.
    // `@specialized`, its official name, needs Swift 6.3.
    @_specialize(where Object == Pod)
    @_specialize(where Object == WorkloadObject)
    private func decoded(_ object: WireObject, _ reflection: inout Reflection) throws -> Object {
        let object = try resource.decode(object, &reflection.context)
        guard !object.meta.name.isEmpty else { throw ObjectMetaError() }
        return object
    }

    @_specialize(where Object == Pod)
    @_specialize(where Object == WorkloadObject)
    private func putListed(_ object: Object, _ reflection: inout Reflection) {
        reflection.received(object.meta.resourceVersion)
        put(object, .list)
    }
}

// MARK: Events

extension Informer {
    /// Applies an event of a watch; nil when it is of a type that we do not know.
    private func apply(_ event: WatchEvent, _ reflection: inout Reflection) throws -> ReflectorMachine.Event? {
        switch event.type {
        case .added, .modified, .deleted: applyObject(event, &reflection)
        case .bookmark: applyBookmark(try Bookmark(from: event.object), &reflection)
        case .error: failed(KubernetesError(try Status(from: event.object), request: "event"))
        case .unknown(let type):
            unknown(type)
        }
    }

    @_specialize(where Object == Pod)
    @_specialize(where Object == WorkloadObject)
    private func applyObject(_ event: WatchEvent, _ reflection: inout Reflection) -> ReflectorMachine.Event {
        do {
            let object = try decoded(event.object, &reflection)
            apply(object, isGone: event.type == .deleted, &reflection)
            let version = object.meta.resourceVersion
            update { status in
                status.lastEventAt = .now()
                guard !reflection.isReceivingList else { return }
                (status.events, status.resourceVersion) = (status.events + 1, version)
            }
            return .object(version)
        } catch {
            // Without it we cannot know what became of the object; a deletion would leave a ghost (kubernetes#76624).
            note(KubernetesError(code: .undecodable, request: "watch \(resource.plural)", detail: "\(error)"), "watch")
            return .failed(ReflectorFailure(.malformedEvent))
        }
    }

    private func apply(_ object: Object, isGone: Bool, _ reflection: inout Reflection) {
        switch (isGone, reflection.isReceivingList) {
        case (false, true): putListed(object, &reflection)
        case (false, false): put(object, .watch)
        case (true, let isList):
            if isList { reflection.received(object.meta.resourceVersion) }
            remove(object.key, version: object.meta.resourceVersion, isList ? .list : .watch)
        }
    }

    private func applyBookmark(_ bookmark: Bookmark, _ reflection: inout Reflection) -> ReflectorMachine.Event {
        let version = bookmark.resourceVersion
        guard reflection.isReceivingList else {
            update { ($0.lastEventAt, $0.resourceVersion) = (.now(), version) }
            return .bookmark(version)
        }
        guard bookmark.endsInitialEvents else { return .bookmark(version) }
        completeList(&reflection)
        update { ($0.watches, $0.resourceVersion) = ($0.watches + 1, version) }
        return .streamed(version)
    }

    private func failed(_ error: KubernetesError) -> ReflectorMachine.Event {
        note(error, "watch")
        return .failed(ReflectorFailure(error))
    }

    private func unknown(_ type: String) -> ReflectorMachine.Event? {
        logger.warning("unknown type of watch event", ["type": .string(String(type.prefix(50)))])
        return nil
    }

    /// Everything of the list is there: what else the cache has is gone.
    func completeList(_ reflection: inout Reflection) {
        reflection.completeList()
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
}
