internal import Base
internal import Catalog
internal import CatalogSources
internal import Store

extension CatalogReconciler {
    /// What was read and is to be written together.
    private struct Part {
        var contents: [LocationContent] = []
        var documents = 0
        var bytes = 0

        mutating func add(_ reading: CatalogReader.Reading) {
            switch reading.content.outcome {
            case .documents(let documents):
                self.documents += documents.count
                bytes += reading.bytes
            // Nobody knows how much it gave.
            case .gone: documents += CatalogReconciler.documentsOfGone
            case .unreadable, .refused: break
            }
            contents.append(reading.content)
        }

        var isFull: Bool { documents >= CatalogReconciler.partDocuments || bytes >= CatalogReconciler.partBytes }
    }

    /// Reads locations, a few at once, and writes what they hold, and what was read before. Those that turn out to be far have
    /// no outcome yet.
    func readLocations(_ keys: [Key], and readings: [(Key, CatalogReader.Reading)]) async -> [Key: Outcome] {
        var part = Part()
        var endings: [Key: (location: String, CatalogReader.Ending)] = [:]
        var written: [String: Outcome] = [:]
        for start in stride(from: 0, to: keys.count + readings.count, by: Self.concurrency) {
            let end = start + Self.concurrency
            var some = await read(Array(keys[min(start, keys.count)..<min(end, keys.count)]))
            some += readings[max(start - keys.count, 0)..<min(max(end - keys.count, 0), readings.count)]
            for (key, reading) in some {
                endings[key] = (reading.content.location, reading.ending)
                if reading.content.canonical != nil {
                    // A plan must not depend on what else is written in the same transaction.
                    written.merge(await write([reading.content])) { $1 }
                } else {
                    part.add(reading)
                }
                guard part.isFull else { continue }
                written.merge(await write(part.contents)) { $1 }
                part = Part()
                returnUnusedMemory()
            }
        }
        if !part.contents.isEmpty { written.merge(await write(part.contents)) { $1 } }
        let far = Set(readings.map(\.0))
        return endings.reduce(into: [:]) { outcomes, entry in
            let outcome = written[entry.value.location] ?? .unwritten
            outcomes[entry.key] =
                outcome == .done
                ? self.outcome(of: entry.key, entry.value.1, isFar: far.contains(entry.key)) : outcome
        }
    }

    /// What is to be done about a location that was written as it was found.
    private func outcome(of key: Key, _ ending: CatalogReader.Ending, isFar: Bool) -> Outcome {
        switch ending {
        case .complete: break
        case .toBeRepeated: repeatLater(key)
        case .failed: return isFar ? .lacking : .refused
        case .lacking: return .lacking
        }
        return .done
    }

    private func read(_ keys: [Key]) async -> [(Key, CatalogReader.Reading)] {
        await withTaskGroup(of: (Key, CatalogReader.Reading)?.self) { group in
            for key in keys { group.addTask { await self.readNear(key).map { (key, $0) } } }
            var readings: [(Key, CatalogReader.Reading)] = []
            for await case let reading? in group { readings.append(reading) }
            return readings
        }
    }

    /// Looks at one location, unless it turns out to be far.
    private func readNear(_ key: Key) async -> CatalogReader.Reading? {
        do {
            return try await read(key, nil, mayTakeLong: false)
        } catch {
            far.add(key, host: error.host)
            beginFar()
            return nil
        }
    }

    /// Looks at one location.
    ///
    /// - Parameters:
    ///   - target: why it is followed, if it is.
    ///   - mayTakeLong: false: no URL is read for placeholders.
    func read(
        _ key: Key, _ target: FollowedLocation?, mayTakeLong: Bool
    ) async throws(CatalogReader.FarAway) -> CatalogReader.Reading? {
        switch key {
        case .location(let source, _) where ended.contains(source): return nil
        case .location(let source, let location):
            return try await reader.read(location, of: sources[source], id: ids[source], mayTakeLong: mayTakeLong)
        case .target(let location):
            return try await reader.read(location, following: target, id: followedID)
        case .listing, .following, .arrivals: return nil
        }
    }

    private func repeatLater(_ key: Key) {
        var random = SystemRandomNumberGenerator()
        if let delay = processing.nextReading(using: &random) { postpone(key, delay) }
    }

    /// Has a key looked at again after a time that does not begin before all was looked at once: what comes again and again
    /// must not keep the first round from ending.
    func postpone(_ key: Key, _ delay: Duration) {
        if isCaughtUp { queue.add(key, after: delay, .low) } else { postponed[key] = delay }
    }

    /// The first round has ended.
    func beginRepeating() {
        for (key, delay) in postponed { queue.add(key, after: delay, .low) }
        postponed = [:]
    }
}
