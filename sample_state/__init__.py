"""A made-up state of any size, written in the formats that districts really send, with faults planted on request.

`write_sample` writes a folder with `sources.yml` (who sends what), `state_agency/<year>/organizations.csv` and one
folder per district and school year. A third of the districts send Ed-Fi bulk XML, a third OneRoster CSV with state CSV
beside it, a third state CSV alone (and these report daily attendance, `Present` included; the others report absences
and tardies). Every district sends the rest as state CSV: bell times and bus runs, exit tickets, professional learning,
accounts, course grades, incidents, restraint, work-based learning, credentials, surveys. The state agency sends what no
district knows: tests and cut scores, aid applications, college with its price, degrees, wages, and who pulled the data
returned to them.

What is in it: a skewed state (a city, towns, one-school districts), grades KG to 12, races in a mix that differs by
district, economic disadvantage, English learners, IDEA, Section 504, homeless, migrant, foster and military-connected
students; about 180 days of school around real holidays; absence that grows with need, at both ends of the grades and
behind late buses (about one student in five chronically absent); moves within and between districts under one state
id, late entries, exits of all kinds and the documents behind them, diplomas, and over several years promotion,
retention and cohorts that close; discipline, tests of all kinds, sections, grades and credits, teachers and their
turnover; and over the years scores that predict scores, English learners who attain proficiency, college after
diplomas, degrees after college, wages after all. Names, addresses and numbers shaped like social security
numbers are there because the system's work is to keep them out. Nobody here is anyone.

The same arguments write the same bytes. The places of planted faults are in `faults.json`. It imports nothing else of
the project: what it knows of formats comes from their standards and from the contract in docs/architecture.md.
"""

from sample_state.faults import FAULTS, FaultKey, plant
from sample_state.write import SampleSummary, write_sample

__all__ = ["FAULTS", "FaultKey", "SampleSummary", "plant", "write_sample"]
