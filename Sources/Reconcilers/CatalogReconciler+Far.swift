internal import Catalog
internal import CatalogSources
internal import Store

// What is read over a network is read beside the loop; the loop writes what has come.
extension CatalogReconciler {
    /// A reading with what was known when it began.
    struct FarReading: Sendable {
        let reading: CatalogReader.Reading
        let target: FollowedLocation?
    }

    /// Has those read that are far; a location that is asked for there stays there until it was taken, or an older reading
    /// could be written last.
    ///
    /// - Returns: the others.
    func handOver(_ keys: [Key]) async -> [Key] {
        var near: [Key] = []
        for key in keys where hasFollowed || !key.isTarget {
            guard !far.addAgain(key) else { continue }
            if let host = await farHost(of: key) { far.add(key, host: host) } else { near.append(key) }
        }
        return near
    }

    private func farHost(of key: Key) async -> String? {
        switch key {
        case .location(let source, _) where ended.contains(source): nil
        case .location(let source, let location): await sources[source].farHost(of: location)
        case .target(let location): FarHost.of(location) ?? ""
        case .listing, .following, .arrivals: nil
        }
    }

    /// What has come, if it is still to be written.
    func takeFar() -> [(Key, CatalogReader.Reading)] {
        let come = far.take()
        awaited?.subtract(come.keys)
        beginFar()
        return come.filter(isCurrent).map { ($0, $1.reading) }
    }

    /// Whether the source is there and the location followed as when the reading began. If not, it is asked for anew.
    private func isCurrent(_ key: Key, _ come: FarReading) -> Bool {
        if case .location(let source, _) = key {
            return !ended.contains(source) && come.reading.content.sourceID == ids[source]
        }
        return come.target == target(of: key)
    }

    /// Whether all that sources which are there from beginning to end have far away was looked at once, so that they have
    /// taken over what others gave. To be asked when they were listed.
    func hasReadFar() -> Bool {
        let waiting = awaited ?? far.keys.filter(isFixed)
        awaited = waiting
        return waiting.isEmpty
    }

    private func isFixed(_ key: Key) -> Bool {
        if case .location(let source, _) = key { fixedSources.contains(source) } else { false }
    }

    func beginFar() {
        for key in far.next() {
            let target = target(of: key)
            farTasks[key] = Task {
                let reading = try? await self.read(key, target, mayTakeLong: true)
                self.arrived(key, reading.map { FarReading(reading: $0, target: target) })
            }
        }
    }

    private func arrived(_ key: Key, _ reading: FarReading?) {
        farTasks[key] = nil
        guard !Task.isCancelled else { return }
        if !far.ended(key, reading) { awaited?.remove(key) }
        queue.add(.arrivals, .low)
    }

    /// Nobody waits for what is still read.
    func stopFar() async {
        let tasks = Array(farTasks.values) + refreshTasks.values
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }

    /// Has a source bring a location up to date, beside the loop, and then the location read. Each source has its own turn.
    func refresh(_ key: Key) {
        guard case .location(let source, _) = key else { return }
        refreshes.add(key, host: sources[source].id.description)
        beginRefreshes()
    }

    private func beginRefreshes() {
        for case .location(let index, let location) in refreshes.next() {
            let (key, source) = (Key.location(source: index, location), sources[index])
            refreshTasks[key] = Task {
                await source.refresh(location)
                self.refreshed(key)
            }
        }
    }

    private func refreshed(_ key: Key) {
        refreshTasks[key] = nil
        guard !Task.isCancelled else { return }
        // Asked for once more meanwhile, it is looked at again after this.
        _ = refreshes.ended(key, nil)
        queue.add(key)
        beginRefreshes()
    }

    func target(of key: Key) -> FollowedLocation? {
        if case .target(let location) = key { followed[location] } else { nil }
    }
}
