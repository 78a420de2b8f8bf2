package import Base

/// An entity's document as agents get it.
package enum EntityAnswer {
    /// What is longer is shortened.
    package static let maximumBytes = AnswerSize.maximumBytes
    private static let noteBytes = 1_500

    /// The document, with its longest texts and lists shortened when it is too long; `note` tells of that.
    package static func fitted(_ document: JSONValue) -> JSONValue {
        guard document.serialized().count > maximumBytes else { return document }
        var cuts: [String] = []
        let budget = maximumBytes - noteBytes
        var shortened = TextCut.shortened(document, toBytes: budget, &cuts)
        if shortened.serialized().count > budget { shortened = essentials(of: document) }
        guard var object = shortened.objectValue else { return shortened }
        object["note"] = .string(
            "Cut to what clients keep: \(cuts.prefix(8).joined(separator: "; ")). Definitions of APIs are read in parts "
                + "with get-entity-api-specs, relations in pages with get-entity-relationships.")
        return .object(object)
    }

    /// What is left of a document that is long in ways of its own.
    private static func essentials(of document: JSONValue) -> JSONValue {
        var metadata = JSONObject()
        for key in ["uid", "name", "namespace", "title"] { metadata[key] = document["metadata"]?[key] }
        var object: JSONObject = ["metadata": .object(metadata)]
        for key in ["apiVersion", "kind"] { object[key] = document[key] }
        return .object(object)
    }
}
