print("sockstated")
