{{ discipline_figures('I16o', 'openslds', 'case when out_of_school_suspension_count > 0 then 1 else 0 end') }}
