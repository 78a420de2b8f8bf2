internal import Actions
internal import Base
internal import Catalog
internal import HTTPServer

/// What people try before they register something; nothing is written.
struct CheckRoutes {
    let catalog: CatalogRoutes

    private static let preface = "Malformed request: "

    var routes: [Route] {
        [
            Route("/api/catalog/validate-entity", methods: ["POST"]) { try validate($0) },
            Route("/api/catalog/analyze-location", methods: ["POST"]) { try await analyze($0) },
        ]
    }

    // MARK: validate-entity

    private func validate(_ request: RouteRequest) throws -> HTTPServerResponse {
        try catalog.access(request).checkValidation()
        let problems = problems(request)
        guard !problems.isEmpty else { return .empty(200) }
        let errors = problems.map { ["name": .string($0.name), "message": .string($0.message)] as JSONValue }
        return .json(400, ["errors": .array(errors)])
    }

    private typealias Problem = (name: String, message: String)

    /// What is wrong with the entity of the body, by the rules of ingestion; in this route's own form of errors.
    private func problems(_ request: RouteRequest) -> [Problem] {
        do {
            let (document, place) = try Self.subject(of: request)
            let definition = document.objectValue.map {
                JSONValue.object($0.annotated(location: place, origin: place, overriding: false))
            }
            let entity = try EntityValidator.entity(from: definition ?? document)
            let provenance = Provenance.registered(place.description, root: place.description)
            let refusal = catalog.configuration.rules?.refusal(of: entity, at: provenance)
            return refusal.map { [("NotAllowedError", $0)] } ?? []
        } catch let error as InvalidEntity {
            return error.problems.map { ($0.code == .kind ? "TypeError" : "InputError", $0.message) }
        } catch {
            return [("InputError", (error as? ActionError)?.message ?? "\(error)")]
        }
    }

    private static func subject(of request: RouteRequest) throws -> (JSONValue, LocationRef) {
        let body = try RequestBody(request, keys: ["entity", "location"], preface: preface)
        guard let entity = body["entity"] else { throw body.complaint("must have required property 'entity'") }
        guard entity.objectValue != nil else {
            throw ActionError(.input, "\(preface)<root> must be object - type: object")
        }
        let text = try body.requiredText("location")
        let place = try LocationRef(parsing: text)
        guard place.type == "url" else {
            throw ActionError(
                .input,
                "Invalid location ref \(text), only 'url:<target>' is supported, e.g. url:https://host/path")
        }
        return (entity, place)
    }

    // MARK: analyze-location

    private func analyze(_ request: RouteRequest) async throws -> HTTPServerResponse {
        let access = catalog.access(request)
        try access.checkAnalysis()
        let body = try RequestBody(request, keys: ["location", "catalogFilename"], preface: Self.preface)
        guard let location = try body.object("location") else {
            throw body.complaint("must have required property 'location'")
        }
        try body.check(location, at: "location", keys: ["type", "target", "presence"])
        guard let type = location["type"]?.stringValue, let target = location["target"]?.stringValue else {
            throw body.complaint("must be {type: string, target: string}", at: "location")
        }
        try body.checkPresence(location["presence"], at: "location/presence")
        let place = LocationRef(type: type, target: target)
        guard place.isURL else { throw ActionError(.input, "The given location.target is not a URL") }
        let repository = RepositoryURL(target)
        let file = try repository.catalogFile(named: body.text("catalogFilename") ?? "catalog-info.yaml")
        let existing = try await entities(of: LocationRef(type: type, target: file))
        let isRegistered = try await access.isRegistered(LocationRef(type: type, target: file))
        let files = existing.map { entity -> JSONValue in
            [
                "location": ["type": .string(type), "target": .string(file)], "isRegistered": .bool(isRegistered),
                "entity": .object(entity.definition),
            ]
        }
        return .json(
            200,
            [
                "existingEntityFiles": .array(files),
                "generateEntities": existing.isEmpty ? [repository.suggestion] : [],
            ])
    }

    /// The entities that stand in a file; empty when it cannot be read, because then there is nothing to go by.
    private func entities(of file: LocationRef) async throws -> [Entity] {
        guard case .success(let bytes?) = try await LocationTree(readURL: catalog.configuration.readURL).read(file)
        else { return [] }
        return CatalogFile(bytes, name: file.description).documentsAlone().compactMap(\.entity)
    }
}
