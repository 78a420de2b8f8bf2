internal import Base
internal import KubeClient

extension ClusterDefinition {
    /// Where it is shown: among the clusters, or at the head of its objects.
    enum Place { case inClusters, inObjects }

    /// What clients may know of it, in Backstage's form. Nothing of how it is reached.
    func json(_ place: Place) -> JSONObject {
        var json: JSONObject = ["name": .string(name)]
        json["title"] = title.map(JSONValue.string)
        json["dashboardUrl"] = dashboardURL.map(JSONValue.string)
        switch place {
        case .inClusters: json["authProvider"] = .string(authProvider)
        case .inObjects:
            json["dashboardApp"] = dashboardApp.map(JSONValue.string)
            json["dashboardParameters"] = dashboardParameters
        }
        return json
    }
}
