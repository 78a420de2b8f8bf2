internal import Catalog
internal import CatalogSources

// What is read over a network is read beside the loop; the loop writes what has come.
extension CatalogReconciler {
    /// A reading with what was known when it began.
    struct FarReading: Sendable {
        let reading: CatalogReader.Reading
        let target: FollowedLocation?
    }

    func isFar(_ key: Key) -> Bool {
        switch key {
        case .location(let source, _): sources[source].isFar
        case .target: true
        case .listing, .following: false
        }
    }

    /// What was read of these locations; has all others read.
    func takeFar(_ keys: [Key]) -> [(Key, CatalogReader.Reading)] {
        var taken: [(Key, CatalogReader.Reading)] = []
        for key in keys where hasFollowed || !key.isTarget {
            if let come = far.take(key), come.target == target(of: key) {
                taken.append((key, come.reading))
            } else {
                far.add(key, host: Self.host(of: key))
            }
        }
        beginFar()
        return taken
    }

    private func beginFar() {
        for key in far.next() {
            let target = target(of: key)
            farTasks[key] = Task {
                let reading = await self.read(key, target)
                self.arrived(key, reading.map { FarReading(reading: $0, target: target) })
            }
        }
    }

    private func arrived(_ key: Key, _ reading: FarReading?) {
        farTasks[key] = nil
        guard let reading, !Task.isCancelled else { return }
        if far.ended(key, reading) { queue.add(key, .low) } else { beginFar() }
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
        if refreshes.ended(key, ()) { refreshes.take(key) }
        queue.add(key)
        beginRefreshes()
    }

    func target(of key: Key) -> FollowedLocation? {
        if case .target(let location) = key { followed[location] } else { nil }
    }

    /// The host of a URL with its port; files have none.
    private static func host(of key: Key) -> String {
        let location =
            switch key {
            case .location(_, let location), .target(let location): location
            case .listing, .following: ""
            }
        guard location.hasPrefix("url:"), let start = location.firstRange(of: "://") else { return "" }
        return location[start.upperBound...].prefix { $0 != "/" && $0 != "?" }.lowercased()
    }
}
