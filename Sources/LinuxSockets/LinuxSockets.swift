// LinuxSockets
