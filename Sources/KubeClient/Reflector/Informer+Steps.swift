internal import Base
internal import HTTPClient

// The steps that talk to the server. Each performs an action of the machine and returns the next one.
extension Informer {
    /// Lists, or reads the next page of a list.
    func list(
        _ request: ReflectorMachine.ListRequest, _ reflection: inout Reflection
    ) async -> ReflectorMachine.Action {
        do {
            guard let endpoint = try await client.endpoint(of: resource) else { return await notServed(&reflection) }
            if request.continueToken == nil { cache.beginList() }
            let metadata = try await read(listRequest(request, endpoint), &reflection)
            let action = reflection.next(after: .listed(metadata))
            // Only what the machine takes for a whole list says what is gone.
            if case .watch = action { completeList(&reflection) }
            return action
        } catch {
            return await failed(error, "list", &reflection)
        }
    }

    /// Opens a watch that begins with all objects, and follows it until it ends or has to be given up.
    func stream(
        notOlderThan version: ResourceVersion?, for seconds: Int, _ reflection: inout Reflection
    ) async -> ReflectorMachine.Action {
        var isOpen = false
        do {
            guard try await client.streamingLists.isWorthTrying(with: client) else {
                return reflection.next(after: .cannotStream)
            }
            guard let endpoint = try await client.endpoint(of: resource) else { return await notServed(&reflection) }
            cache.beginList()
            let stream = try await client.open(streamRequest(notOlderThan: version, for: seconds, endpoint))
            isOpen = true
            return try await follow(stream, &reflection)
        } catch {
            guard reflection.isReceivingList else { return await watchFailed(error, &reflection) }
            guard let event = await refusal(error, ofOpenStream: isOpen) else {
                return await failed(error, "list", &reflection)
            }
            return reflection.next(after: event)
        }
    }

    /// Watches until the stream ends or has to be given up.
    func watch(
        from version: ResourceVersion, for seconds: Int, _ reflection: inout Reflection
    ) async -> ReflectorMachine.Action {
        do {
            guard let endpoint = try await client.endpoint(of: resource) else { return await notServed(&reflection) }
            let stream = try await client.open(watchRequest(from: version, for: seconds, endpoint))
            update { ($0.watches, $0.lastError) = ($0.watches + 1, nil) }
            return try await follow(stream, &reflection)
        } catch {
            return await watchFailed(error, &reflection)
        }
    }

    /// Asks for the version that the server is at, by the smallest list that there is.
    func probe(_ reflection: inout Reflection) async -> ReflectorMachine.Action {
        do {
            guard let endpoint = try await client.endpoint(of: resource) else { return await notServed(&reflection) }
            return reflection.next(after: .probed(try await version(probeRequest(endpoint))))
        } catch {
            return await failed(error, "probe", &reflection)
        }
    }
}

// MARK: What went wrong

extension Informer {
    /// What it means that a stream failed for which the list is asked for in the other way; nil: it only failed. A server
    /// that ignores the parameters sends what any watch sends and then nothing, not even the bookmark; one that sent no
    /// header is only slow.
    private func refusal(_ error: any Error, ofOpenStream isOpen: Bool) async -> ReflectorMachine.Event? {
        switch KubernetesError(any: error, request: "list").code {
        case .invalid, .badRequest:
            logger.debug("the server does not stream lists")
            await client.streamingLists.refuse()
            return .cannotStream
        case .timeout:
            logger.debug("a streamed list was silent")
            if isOpen { await client.streamingLists.fellSilent() }
            return .silent
        default: return nil
        }
    }

    private func watchFailed(
        _ error: any Error, _ reflection: inout Reflection
    ) async -> ReflectorMachine.Action {
        // Silence is no failure: old servers send no bookmarks for a resource that never changed, and some servers and
        // proxies hold back even the header until there is something to send. If the server is really gone, the list
        // that follows will say so.
        if KubernetesError(any: error, request: "watch").code == .timeout {
            logger.debug("a watch was silent; listing anew")
            return reflection.next(after: .silent)
        }
        return await failed(error, "watch", &reflection)
    }

    private func failed(
        _ error: any Error, _ step: String, _ reflection: inout Reflection
    ) async -> ReflectorMachine.Action {
        let failure = KubernetesError(any: error, request: "\(step) \(resource.plural)")
        guard failure.code != .notFound else {
            await client.forgetEndpoint(of: resource)
            return await notServed(&reflection)
        }
        note(failure, step)
        return reflection.next(after: .failed(ReflectorFailure(failure)))
    }

    /// Says so once, not at each time that the server is asked.
    private func notServed(_ reflection: inout Reflection) async -> ReflectorMachine.Action {
        if status.isServed { logger.info("the server does not have this kind") }
        // Before the objects go: who hears of that must be able to tell why.
        update { ($0.isServed, $0.lastError) = (false, nil) }
        if resource.form == .json, cache.count > 0, await isKubernetes() {
            // The objects went with the definition of their kind.
            cache.beginList()
            sweep()
        }
        markSynced()
        return reflection.next(after: .failed(ReflectorFailure(.notServed)))
    }

    /// Tells a cluster without the kind from a wrong host or a proxy that answers 404, from which nothing follows.
    private func isKubernetes() async -> Bool {
        let core = try? await client.get(GroupVersion(version: "v1").path)
        return core?["kind"]?.stringValue == "APIResourceList"
    }

    func note(_ failure: KubernetesError, _ step: String) {
        // Cancelling is how an informer is stopped.
        guard failure.code != .cancelled else { return }
        update { ($0.failures, $0.lastError) = ($0.failures + 1, failure) }
        logger.warning("\(step) failed", ["reason": .string(failure.label), "error": .string(failure.description)])
    }
}
