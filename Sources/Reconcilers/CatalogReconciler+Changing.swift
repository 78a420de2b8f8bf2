internal import Base
internal import CatalogSources
internal import Store

// Sources that come and go while the catalog is led. Each keeps its place in the row of sources, so that what waits for it
// finds it; the place of one that went is empty. Neither readiness nor retiring waits for them: a cluster that is out of
// reach must not hold up the others.
extension CatalogReconciler {
    private static let patience: Duration = .seconds(1)

    /// Follows which sources there are until the task is cancelled.
    func followChanging() async {
        guard let changing else { return }
        while !Task.isCancelled {
            let current = await changing.current()
            // First of all: it keeps those from being retired that are added now.
            expect(await changing.expected()?.union(current.map(\.id.target)))
            await update(current)
            try? await Task.sleep(for: Self.patience)
        }
    }

    private func expect(_ targets: Set<String>?) {
        guard targets != expectedTargets else { return }
        expectedTargets = targets
        retireAgain()
    }

    private func update(_ current: [any CatalogSource & AnyObject]) async {
        let present = Set(current.map { ObjectIdentifier($0) })
        for (index, object) in changingObjects where !present.contains(object) {
            changingObjects[index] = nil
            ended.insert(index)
            await sources[index].stop()
            retireAgain()
        }
        let known = Set(changingObjects.values)
        for source in current where !known.contains(ObjectIdentifier(source)) { await add(source) }
    }

    /// When the database does not answer, or what the source gave is just being removed, the next look tries again.
    private func add(_ source: any CatalogSource & AnyObject) async {
        guard retiring != source.id else { return }
        do {
            let index = try await place(of: source)
            changingObjects[index] = ObjectIdentifier(source)
            ended.remove(index)
            await start(index)
        } catch {
            logger.warning(
                "a catalog source cannot be registered yet",
                ["source": .string(source.id.description), "error": .string("\(error)")])
        }
    }

    /// Sources whose listing retiring and readiness wait for.
    var fixedSources: Range<Int> { 0..<fixedCount }

    /// Whether a key is about a source that has ended: nobody reads it, so what it waits for does not come.
    func isOfEnded(_ key: Key) -> Bool {
        switch key {
        case .location(let source, _), .listing(let source): ended.contains(source)
        case .target, .following, .arrivals: false
        }
    }

    /// The ids of the sources that are there, the one of followed locations among them.
    var liveIDs: [Int] { ids.indices.filter { !ended.contains($0) }.map { ids[$0] } + [followedID] }

    /// Whether a stored source may come yet, though it is not there.
    func mayCome(type: String, target: String) -> Bool {
        guard let changing, changing.type == type else { return false }
        return expectedTargets?.contains(target) ?? true
    }
}
