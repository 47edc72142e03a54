"""The life of every kind of object, driven by Linode's own Python client. Arguments: base URL with /v4, token."""

import sys

from linode_api4 import ApiError, LinodeClient
from linode_api4.objects import (
    ConfigInterface,
    ConfigInterfaceIPv4,
    Firewall,
    Instance,
    NodeBalancer,
    PlacementGroup,
    PlacementGroupPolicy,
    PlacementGroupType,
    VPC,
)

client = LinodeClient(sys.argv[2], base_url=sys.argv[1], page_size=25)
client.retry_rate_limit_interval = 1


def refused(reason, act):
    """Runs `act` and insists on a refusal that says `reason`."""
    try:
        act()
    except ApiError as error:
        assert any(reason in line for line in error.errors), (reason, error.errors)
        return
    raise AssertionError(f"not refused: {reason}")


def catalogue():
    assert client.regions().first().id
    assert "VPCs" in next(r for r in client.regions() if r.id == "us-ord").capabilities
    assert client.linode.types().first().price.monthly == 5
    assert client.images().first().id.startswith("linode/")
    assert client.profile().username == "lab"
    assert client.account().capabilities


def network():
    vpc = client.vpcs.create("py-vpc", "us-ord", subnets=[{"label": "py-subnet", "ipv4": "10.40.0.0/24"}])
    assert client.load(VPC, vpc.id).subnets[0].ipv4 == "10.40.0.0/24"
    refused("Must only use ASCII letters", lambda: client.vpcs.create("no spaces", "us-ord"))
    refused("unique", lambda: client.vpcs.create("py-vpc", "us-ord"))
    refused("64 characters", lambda: client.vpcs.create("a" * 65, "us-ord"))
    refused("does not support VPCs", lambda: client.vpcs.create("py-old", "us-east"))
    refused("overlap", lambda: vpc.subnet_create("again", ipv4="10.40.0.128/25"))
    refused("192.168.128.0/17", lambda: vpc.subnet_create("private", ipv4="192.168.200.0/24"))
    second = vpc.subnet_create("py-second", ipv4="10.41.0.0/24")
    second.label = "py-renamed"
    second.save()
    assert [s.label for s in vpc.subnets if s.id == second.id] == ["py-renamed"]
    second.delete()
    vpc.description = "changed"
    vpc.save()
    assert client.load(VPC, vpc.id).description == "changed"
    assert [v.id for v in client.vpcs(VPC.label == "py-vpc")] == [vpc.id]
    return vpc


def firewall():
    rule = {"action": "ACCEPT", "protocol": "TCP", "ports": "22", "addresses": {"ipv4": ["10.0.0.0/8"]}}
    rules = {"inbound": [rule], "inbound_policy": "DROP", "outbound": [], "outbound_policy": "ACCEPT"}
    wall = client.networking.firewall_create("py-wall", rules)
    assert wall.get_rules()["inbound_policy"] == "DROP"
    refused("unique", lambda: client.networking.firewall_create("py-wall", rules))
    refused("3-32", lambda: client.networking.firewall_create("a" * 33, rules))
    assert [w.id for w in client.networking.firewalls(Firewall.label == "py-wall")] == [wall.id]
    many = {**rules, "inbound": [rule] * 26}
    refused("at most 25 rules", lambda: wall.update_rules(many))
    wall.update_rules({**rules, "inbound_policy": "ACCEPT"})
    assert client.load(Firewall, wall.id).rules.version == 2
    assert wall.get_rule_version(1)["rules"]["inbound_policy"] == "DROP"
    return wall


def group():
    made = client.placement.group_create(
        "py-group", "us-ord", PlacementGroupType.anti_affinity_local, PlacementGroupPolicy.flexible
    )
    made.label = "py-renamed"
    made.save()
    assert [g.id for g in client.placement.groups(PlacementGroup.label == "py-renamed")] == [made.id]
    refused(
        "unique",
        lambda: client.placement.group_create(
            "py-renamed", "us-ord", PlacementGroupType.anti_affinity_local, PlacementGroupPolicy.strict
        ),
    )
    refused(
        "region is not valid",
        lambda: client.placement.group_create(
            "py-nowhere", "mars-1", PlacementGroupType.anti_affinity_local, PlacementGroupPolicy.strict
        ),
    )
    return made


def instance(vpc, wall, placement):
    wishes = {"image": "linode/debian13", "root_pass": "correct horse battery"}
    refused("region is not valid", lambda: client.linode.instance_create("g6-nanode-1", "mars-1", **wishes))
    refused("11-128", lambda: client.linode.instance_create("g6-nanode-1", "us-ord", image="linode/debian13", root_pass="short"))
    refused("3-64", lambda: client.linode.instance_create("g6-nanode-1", "us-ord", label="x", **wishes))
    linode = client.linode.instance_create(
        "g6-standard-1",
        "us-ord",
        label="py-instance",
        tags=["py-demo"],
        firewall=wall,
        placement_group=placement,
        private_ip=True,
        interfaces=[
            ConfigInterface(
                purpose="vpc", subnet_id=vpc.subnets[0].id, ipv4=ConfigInterfaceIPv4(vpc="10.40.0.11", nat_1_1="any")
            )
        ],
        **wishes,
    )
    refused("Linode busy.", linode.reboot)
    refused("unique", lambda: client.linode.instance_create("g6-nanode-1", "us-ord", label="py-instance", **wishes))
    in_subnet = lambda address: [
        ConfigInterface(purpose="vpc", subnet_id=vpc.subnets[0].id, ipv4=ConfigInterfaceIPv4(vpc=address))
    ]
    for address, reason in (("10.41.0.5", "usable address of the subnet"), ("10.40.0.11", "already in use")):
        refused(
            reason,
            lambda: client.linode.instance_create("g6-nanode-1", "us-ord", interfaces=in_subnet(address), **wishes),
        )
    wait(linode, "running")
    assert linode.ips.ipv4.vpc[0].address == "10.40.0.11"
    placement.invalidate()
    assert [m.linode_id for m in placement.members] == [linode.id]
    linode.tags = ["py-demo", "py-more"]
    linode.save()
    for act, status in ((linode.reboot, "running"), (linode.shutdown, "offline"), (linode.boot, "running")):
        act()
        wait(linode, status)
    linode.rebuild("linode/debian13", root_pass="correct horse battery")
    wait(linode, "running")
    assert linode.configs[0].interfaces[0].ipv4.vpc == "10.40.0.11"
    assert {t.label for t in client.tags()} >= {"py-demo", "py-more"}
    assert client.linode.instances(Instance.label == "py-instance")[0].id == linode.id
    refused("Linodes attached", vpc.delete)
    return linode


def wait(linode, status):
    for _ in range(2000):
        linode.invalidate()
        if linode.status == status:
            return
    raise AssertionError(f"{linode.label} is {linode.status}, expected {status}")


def balancer(vpc, linode):
    made = client.nodebalancer_create(
        "us-ord", label="py-balancer", vpcs=[{"subnet_id": vpc.subnets[0].id, "ipv4_range": "10.40.0.64/30"}]
    )
    refused("between 2 and 3600", lambda: made.config_create(port=80, check_interval=1))
    refused("less than check_interval", lambda: made.config_create(port=80, check_interval=5, check_timeout=5))
    refused("between 1 and 30", lambda: made.config_create(port=80, check_interval=60, check_timeout=31))
    refused("between 1 and 30", lambda: made.config_create(port=80, check_attempts=31))
    refused("unique", lambda: client.nodebalancer_create("us-ord", label="py-balancer"))
    refused("region is not valid", lambda: client.nodebalancer_create("mars-1"))
    made.client_conn_throttle = 5
    made.save()
    assert client.nodebalancers(NodeBalancer.label == "py-balancer")[0].client_conn_throttle == 5
    config = made.config_create(port=80, check="http", check_path="/healthz", check_interval=5, check_timeout=3)
    refused("inside the subnet", lambda: config.node_create("out", "10.99.0.1:80", subnet_id=vpc.subnets[0].id))
    refused("Must begin with 192.168", lambda: config.node_create("public", "8.8.8.8:80"))
    node = config.node_create("py-node", "10.40.0.11:8080", subnet_id=vpc.subnets[0].id, weight=50)
    private = config.node_create("py-private", f"{linode.ips.ipv4.private[0].address}:8080")
    node.mode = "drain"
    node.save()
    config.check_attempts = 4
    config.save()
    assert [(c.port, c.check_attempts) for c in client.load(NodeBalancer, made.id).configs] == [(80, 4)]
    assert len(config.nodes) == 2
    assert client.load(NodeBalancer, made.id).configs[0].check_path == "/healthz"
    private.delete()
    return made


def pages():
    """More than one page of 25, which is what this client asks for."""
    for number in range(30):
        client.profile.ssh_key_upload("ssh-ed25519 AAAA", f"py-key-{number}")
    keys = client.profile.ssh_keys()
    assert len(keys) == 30 and len({key.id for key in keys}) == 30
    for key in keys:
        key.delete()


def events(linode):
    finished = [e.action for e in client.account.events() if e.entity and e.entity.id == linode.id and e.status == "finished"]
    assert {"linode_create", "linode_boot", "linode_shutdown", "linode_reboot", "linode_rebuild"} <= set(finished), finished


catalogue()
vpc, wall, placement = network(), firewall(), group()
linode = instance(vpc, wall, placement)
made = balancer(vpc, linode)
pages()
wall.device_create(made.id, "nodebalancer")
assert len(wall.devices) == 2
events(linode)
for thing in (made, linode):
    thing.delete()
for _ in range(2000):
    if len(client.linode.instances()) == 0:
        break
for thing in (placement, wall, vpc):
    thing.delete()
assert len(client.vpcs()) == len(client.networking.firewalls()) == len(client.nodebalancers()) == 0
assert any(e.action == "linode_delete" and e.status == "finished" for e in client.account.events())
print("every life cycle done")
