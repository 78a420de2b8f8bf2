internal import Base
internal import Catalog
internal import CatalogSources
internal import Store

/// Turns what stands at a location into documents: reads it, has its placeholders filled in, and asks the rules.
struct CatalogReader: Sendable {
    /// What came of looking at a location.
    struct Reading: Sendable {
        var content: LocationContent
        var bytes = 0
        var ending = Ending.complete
    }

    /// How looking ended.
    enum Ending: Sendable {
        /// When something changes there, the source says so.
        case complete
        /// It depends on more than its source announces, so it must be looked at again after a time.
        case toBeRepeated
        /// The source cannot read it.
        case failed
        /// Something else that it needs cannot be read, such as a URL.
        case lacking
    }

    /// A URL must be read for a placeholder, so the location is to be read where that may take its time.
    struct FarAway: Error {
        /// Of the first such URL.
        let host: String
    }

    let rules: CatalogRules
    let targets: TargetReader

    /// Looks at a location of a source.
    ///
    /// - Parameter mayTakeLong: false: nothing is read over a network for placeholders.
    func read(
        _ location: String, of source: any CatalogSource, id: Int, mayTakeLong: Bool
    ) async throws(FarAway) -> Reading {
        if let settings = source.canonical { return await canonical(settings, location, of: source, id: id) }
        let place = Provenance(location: source.origin(of: location), source: source.id.description)
        var reading = try await reading(location, id, [place], mayTakeLong) { try await source.read(location) }
        reading.add(await source.problems(at: location))
        return reading
    }

    /// Looks at a canonical file. What its bytes are becomes entities here, and goes no further.
    private func canonical(
        _ settings: CanonicalSettings, _ location: String, of source: any CatalogSource, id: Int
    ) async -> Reading {
        do {
            let bytes = try await source.read(location) ?? []
            let reading = CanonicalReading(bytes, settings: settings)
            let content = LocationContent(
                location: location, sourceID: id, outcome: .documents(reading.entities.map(\.document)),
                canonical: CanonicalContent(settings: settings, reading: reading))
            return Reading(content: content, bytes: bytes.count)
        } catch {
            let content = LocationContent(
                location: location, sourceID: id, outcome: .unreadable("\(error)"),
                canonical: CanonicalContent(settings: settings, reading: nil))
            return Reading(content: content, ending: .failed)
        }
    }

    /// Looks at a location because Location entities lead to it.
    ///
    /// - Parameter target: nil: they do so no more.
    func read(
        _ location: String, following target: FollowedLocation?, id: Int
    ) async throws(FarAway) -> Reading {
        guard let target else {
            let place = Provenance(location: location, origin: location, source: "")
            return Reading(
                content: LocationContent(location: location, sourceID: id, outcome: .gone, provenance: place))
        }
        var reading = try await reading(location, id, target.ways, true) {
            if let problem = target.problem { throw PlaceholderError(description: problem) }
            let bytes = try await targets.read(
                location, for: target.reader, maximumBytes: DirectorySource.maximumFileBytes)
            guard bytes != nil || target.isOptional else { throw PlaceholderError(description: "nothing is there") }
            return bytes
        }
        switch reading.ending {
        case .complete, .toBeRepeated: reading.ending = .toBeRepeated
        // What leads too far is looked at again when a Location entity changes.
        case .failed, .lacking: reading.ending = target.problem == nil ? .lacking : .complete
        }
        return reading
    }

    private func reading(
        _ location: String, _ id: Int, _ ways: [Provenance], _ mayTakeLong: Bool, _ read: () async throws -> [UInt8]?
    ) async throws(FarAway) -> Reading {
        let place = ways[0]
        func reading(_ outcome: LocationContent.Outcome) -> Reading {
            Reading(content: LocationContent(location: location, sourceID: id, outcome: outcome, provenance: place))
        }
        do {
            guard let bytes = try await read() else { return reading(.gone) }
            let file = CatalogFile(bytes, name: location)
            if !mayTakeLong, let host = Self.host(of: file.placeholders, place) { throw FarAway(host: host) }
            let (values, filled) = await values(of: file.placeholders, place)
            // The list of what a pattern stands for is nobody's document; what it names is judged itself.
            let listing = URLPattern(location: location)?.entityRef
            let documents = file.documents(filling: values).map {
                listing != nil && $0.ref == listing ? $0 : $0.checked(by: rules, at: ways)
            }
            var result = reading(.documents(documents))
            result.bytes = bytes.count + filled
            let isLacking = values.values.contains { if case .failure = $0 { true } else { false } }
            result.ending = values.isEmpty ? .complete : isLacking ? .lacking : .toBeRepeated
            return result
        } catch let error as FarAway {
            throw error
        } catch {
            var result = reading(.unreadable("\(error)"))
            result.ending = .failed
            return result
        }
    }
}

extension CatalogReader {
    /// The host of the first URL that placeholders name; nil: they name none.
    private static func host(of placeholders: [Placeholder], _ place: Provenance) -> String? {
        placeholders.lazy.compactMap { placeholder in
            placeholder.target.flatMap { try? RelativeLocation.resolve($0, from: place.location) }.flatMap(FarHost.of)
        }.first
    }

    /// What the placeholders stand for, and how many bytes that is.
    private func values(of placeholders: [Placeholder], _ place: Provenance) async -> (PlaceholderValues, Int) {
        var values: PlaceholderValues = [:]
        var budget = Placeholder.Budget()
        for placeholder in placeholders where values[placeholder] == nil {
            values[placeholder] =
                if let refusal = budget.refusal {
                    .failure(refusal)
                } else {
                    await value(of: placeholder, place, &budget)
                }
        }
        return (values, budget.bytes)
    }

    private func value(
        of placeholder: Placeholder, _ place: Provenance, _ budget: inout Placeholder.Budget
    ) async -> Result<JSONValue, PlaceholderError> {
        guard let target = placeholder.target else { return .failure("must name a URL or a path") }
        do {
            let location = try RelativeLocation.resolve(target, from: place.location)
            let bytes = try await targets.read(location, for: place, maximumBytes: Placeholder.maximumBytes)
            budget.spend(bytes?.count ?? 0)
            return bytes.map(placeholder.value) ?? .failure("cannot be filled in: nothing is there")
        } catch {
            return .failure(PlaceholderError(description: "cannot be filled in: \(error)"))
        }
    }
}

extension CatalogReader.Reading {
    /// Adds what the source itself says, as documents that are not used.
    fileprivate mutating func add(_ problems: [SourceProblem]) {
        guard !problems.isEmpty, case .documents(let documents) = content.outcome else { return }
        content = content.holding(
            documents
                + problems.map { ParsedDocument.unmade($0.ref, at: content.location, because: $0.message) })
        if ending != .failed, problems.contains(where: \.isPassing) { ending = .lacking }
    }
}
