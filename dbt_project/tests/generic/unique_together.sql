{#
    Finds rows that share what should tell rows apart. Matters always: a doubled grain doubles every count built on it.
    Resolve by looking at the model's joins, then at the key of the record type it reads.
#}
{% test unique_together(model, columns) %}
select {{ columns | join(', ') }}
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
