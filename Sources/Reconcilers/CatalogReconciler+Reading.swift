internal import Base
internal import Catalog
internal import CatalogSources
internal import Store

extension CatalogReconciler {
    /// Reads locations and writes what they hold.
    func readLocations(_ keys: [Key]) async -> [Key: Outcome] {
        var part: [LocationContent] = []
        var size = (documents: 0, bytes: 0)
        var endings: [Key: (location: String, CatalogReader.Ending)] = [:]
        var written: [String: Outcome] = [:]
        for start in stride(from: 0, to: keys.count, by: Self.concurrency) {
            let some = Array(keys[start..<min(start + Self.concurrency, keys.count)])
            let read = await read(some)
            for key in some {
                guard let reading = read[key] else { continue }
                if reading.content.canonical != nil {
                    // A plan must not depend on what else is written in the same transaction.
                    endings[key] = (reading.content.location, reading.ending)
                    written.merge(await write([reading.content])) { $1 }
                    continue
                }
                switch reading.content.outcome {
                case .documents(let documents):
                    size = (size.documents + documents.count, size.bytes + reading.bytes)
                // Nobody knows how much it gave.
                case .gone: size.documents += Self.documentsOfGone
                case .unreadable, .refused: break
                }
                part.append(reading.content)
                endings[key] = (reading.content.location, reading.ending)
                guard size.documents >= Self.partDocuments || size.bytes >= Self.partBytes else { continue }
                written.merge(await write(part)) { $1 }
                (part, size) = ([], (0, 0))
                returnFreedMemory()
            }
        }
        if !part.isEmpty { written.merge(await write(part)) { $1 } }
        return endings.reduce(into: [:]) { outcomes, entry in
            let outcome = written[entry.value.location] ?? .unwritten
            outcomes[entry.key] = outcome == .done ? self.outcome(of: entry.key, entry.value.1) : outcome
        }
    }

    /// What is to be done about a location that was written as it was found.
    private func outcome(of key: Key, _ ending: CatalogReader.Ending) -> Outcome {
        switch ending {
        case .complete: break
        case .toBeRepeated: repeatLater(key)
        case .failed: return .refused
        case .lacking: return .lacking
        }
        return .done
    }

    /// Looks at a few locations at once.
    private func read(_ keys: [Key]) async -> [Key: CatalogReader.Reading] {
        await withTaskGroup(of: (Key, CatalogReader.Reading)?.self) { group in
            for key in keys where hasFollowed || !key.isTarget {
                let target = if case .target(let location) = key { followed[location] } else { FollowedLocation?.none }
                group.addTask { [reader, sources, ended, ids, followedID] in
                    switch key {
                    case .location(let source, _) where ended.contains(source): nil
                    case .location(let source, let location):
                        (key, await reader.read(location, of: sources[source], id: ids[source]))
                    case .target(let location):
                        (key, await reader.read(location, following: target, id: followedID))
                    case .listing, .following: nil
                    }
                }
            }
            var readings: [Key: CatalogReader.Reading] = [:]
            for await case let (key, reading)? in group { readings[key] = reading }
            return readings
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
