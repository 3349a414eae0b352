import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.codelibs.opensearch.runner.OpenSearchRunner;

/**
 * One node of a cluster on this machine, in a process of its own so that it can be killed like a machine that loses
 * power: Node HOME NUMBER HTTP-PORT TRANSPORT-PORT,TRANSPORT-PORT,...
 *
 * It ends when its standard input does, so that no node outlives whoever started it.
 */
public final class Node {
    private static final String[] MODULES = {
        "org.opensearch.analysis.common.CommonAnalysisPlugin",
        "org.opensearch.index.mapper.MapperExtrasPlugin",
        "org.opensearch.transport.Netty4Plugin",
    };

    public static void main(String[] args) throws Exception {
        String home = args[0];
        int number = Integer.parseInt(args[1]);
        String[] ports = args[3].split(",");
        OpenSearchRunner runner = new OpenSearchRunner();
        runner.onBuild((ignored, settings) -> {
            settings.put("node.name", "n" + number);
            settings.put("network.host", "127.0.0.1");
            settings.put("http.port", args[2]);
            settings.put("transport.port", ports[number - 1]);
            settings.putList("discovery.seed_hosts",
                Stream.of(ports).map(port -> "127.0.0.1:" + port).collect(Collectors.toList()));
            if (args.length > 4) { // the first start of all: later ones know their cluster from disk
                settings.putList("cluster.initial_cluster_manager_nodes", "n1", "n2", "n3");
            }
            // a dead node is noticed and its copies are replaced soon: tests do not wait for minutes
            settings.put("cluster.fault_detection.follower_check.interval", "500ms");
            settings.put("cluster.fault_detection.leader_check.interval", "500ms");
            settings.put("cluster.routing.allocation.disk.threshold_enabled", "false");
            settings.put("action.auto_create_index", "true"); // as clusters are by default
        });
        runner.build(OpenSearchRunner.newConfigs()
            .basePath(home)
            .clusterName("praxis-tests")
            .numOfNode(1)
            .moduleTypes(String.join(",", MODULES)));
        System.out.println("started");
        while (System.in.read() >= 0) {
            continue;
        }
        Runtime.getRuntime().halt(0);
    }
}
