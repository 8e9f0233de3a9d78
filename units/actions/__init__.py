"""What people do with cycles, units and roles: one function per act.

Each checks permission and stage, writes, recomputes and logs in one transaction.
"""
