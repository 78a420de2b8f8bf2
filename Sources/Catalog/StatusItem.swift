package import Base

/// A remark that the catalog makes on an entity, shown in its `status.items`.
package struct StatusItem: Sendable, Hashable {
    /// How serious it is.
    package enum Level: String, Sendable { case info, warning, error }

    /// Who remarks; `backstage.io/catalog-processing` is what user interfaces look for.
    package let type: String
    package let level: Level
    package let message: String
    /// Such as `InputError`; nil for remarks that are no errors.
    package let errorName: String?

    /// - Parameter errorName: when given, the item carries an `error` of this name and the same message.
    package init(
        type: String = "backstage.io/catalog-processing", level: Level, message: String, errorName: String? = nil
    ) {
        self.type = type
        self.level = level
        self.message = message.storable
        self.errorName = errorName
    }

    /// The item as it is served.
    package var json: JSONValue {
        var item: JSONObject = ["type": .string(type), "level": .string(level.rawValue), "message": .string(message)]
        if let errorName { item["error"] = ["name": .string(errorName), "message": .string(message)] }
        return .object(item)
    }
}
