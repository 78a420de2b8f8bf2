internal import Base

extension ConfigurationEntry {
    /// The exec plugin of a user of a kubeconfig; nil when there is none.
    func exec(
        for configuration: ClusterConfiguration, cluster: ConfigurationEntry
    ) throws(ConfigurationError) -> ExecPlugin? {
        guard let member = value["exec"], !member.isNull else { return nil }
        guard origin == .file else {
            throw error(
                .unsupported, "exec", "programs are not run from here; expected token or client-certificate-data")
        }
        guard member.objectValue != nil else { throw wrong("exec", expected: "an object", found: member) }
        let exec = child("exec", member)
        var plugin = ExecPlugin(command: try exec.command(), apiVersion: try exec.execVersion())
        plugin.arguments = try exec.strings("args")
        plugin.environment = try exec.entries("env").map { (entry) throws(ConfigurationError) in
            ExecPlugin.Variable(name: try entry.required("name"), value: try entry.string("value") ?? "")
        }
        plugin.installHint = try exec.string("installHint")
        if try exec.bool("provideClusterInfo") { plugin.cluster = try cluster.execInformation(configuration) }
        try exec.checkInteractiveMode()
        return plugin
    }

    /// A name is looked for in `PATH`; a path is relative to the kubeconfig.
    private func command() throws(ConfigurationError) -> String {
        let command = try required("command")
        return command.contains("/") ? absolute(command) : command
    }

    private func execVersion() throws(ConfigurationError) -> String {
        let version = try required("apiVersion")
        guard ExecPlugin.versions.contains(version) else {
            throw invalid("apiVersion", "expected \(ExecPlugin.versions.joined(separator: " or ")), found \(version)")
        }
        return version
    }

    private func checkInteractiveMode() throws(ConfigurationError) {
        switch try string("interactiveMode") {
        case nil, "Never", "IfAvailable": return
        case "Always":
            throw error(
                .unsupported, "interactiveMode",
                "Always is not supported; expected Never or IfAvailable: nobody is there")
        case let mode?: throw invalid("interactiveMode", "expected Never, IfAvailable or Always, found \(mode)")
        }
    }
}
